package dev.javf.bench.forward;

import dev.javf.bench.DeviceRings;

/** Who forwards: receives bursts, swaps the addresses, transmits them. */
interface Contestant extends AutoCloseable {
    /** For the table. */
    String name();

    /** The same rings as the device sees them, for one that is another thread. */
    DeviceRings rings(boolean touchesFrames);

    /**
     * Forwards packets.
     *
     * @param burst packets taken at each poll at most, 1 to 256.
     * @param packets how many in all.
     * @param isDeviceHere whether this thread is the device too, and has a whole burst arrive
     *     before each poll; if not, another one serves {@link #rings}.
     * @return nanoseconds for each packet.
     * @throws IllegalStateException when the device has stopped.
     */
    double run(int burst, int packets, boolean isDeviceHere);

    /** Packets that a poll of the last run found, on average, those that found none left out. */
    double burstFound();

    @Override
    void close();
}
