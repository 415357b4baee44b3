package dev.javf.bench.ring;

/** A ring that hands over descriptors of two words; writing and reading may be two threads'. */
interface RingContestant {
    /** Slots of each. */
    int CAPACITY = 1024;

    /** For the table. */
    String name();

    /**
     * Writes descriptors with the numbers from {@code first} on.
     *
     * @return how many; fewer if there is no room.
     */
    int write(long first, int burst);

    /**
     * Reads descriptors, and checks that their numbers go on from {@code first}.
     *
     * @return how many.
     */
    int read(long first, int burst);
}
