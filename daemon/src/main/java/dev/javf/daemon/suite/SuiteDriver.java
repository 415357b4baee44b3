package dev.javf.daemon.suite;

import dev.javf.packet.PacketPool;

import java.util.List;

/** The driver under test, with all that runs it. */
interface SuiteDriver extends AutoCloseable {
    /** The virtual functions that it drives, in their order. */
    List<? extends SuiteFunction> functions();

    /** The pool that ports must be made with. */
    PacketPool packetPool();

    /**
     * One duty cycle of everything, simulator included, for a pace without threads.
     *
     * @return how much was done.
     */
    int doWork();

    /** What has gone wrong in its threads; empty if nothing has. */
    String trouble();

    /** Lets go of the devices. */
    @Override
    void close();
}
