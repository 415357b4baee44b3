/**
 * Packets as the data path sees them. A packet is an index into a {@link
 * dev.javf.packet.PacketPool} of fixed-size buffers, never an object; packets move in bursts, in a
 * {@link dev.javf.packet.PacketVector}; they enter and leave by a {@link
 * dev.javf.packet.PacketPort}.
 */
@NullMarked
package dev.javf.packet;

import org.jspecify.annotations.NullMarked;
