package dev.javf.daemon.config;

import dev.javf.daemon.FunctionClient;
import dev.javf.daemon.ring.RingServer;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;

/**
 * What a port is opened with.
 *
 * @param function whose port it will be.
 * @param mac the address behind the port: its own if it has one, else the function's.
 * @param maxFrameBytes the longest frame of its function.
 * @param pool of all packets.
 * @param rings serves the clients of ring ports.
 */
public record PortContext(
        FunctionClient function,
        MacAddress mac,
        int maxFrameBytes,
        PacketPool pool,
        RingServer rings) {}
