package dev.javf.bench.forward;

/** Who forwards: receives bursts, swaps the addresses, transmits them; the device included. */
interface Contestant extends AutoCloseable {
    /** For the table. */
    String name();

    /**
     * Forwards packets.
     *
     * @param burst packets that are there at each poll, 1 to 256.
     * @param packets how many in all.
     * @return nanoseconds for each packet.
     */
    double run(int burst, int packets);

    @Override
    void close();
}
