package dev.javf.packet;

/**
 * What a counter counts.
 *
 * @param id number by which programs know it; it never means anything else.
 * @param label the same for people.
 * @param isLevel whether it may fall: a level, not a count.
 */
public record CounterType(int id, String label, boolean isLevel) {
    /**
     * A count.
     *
     * @param id of it.
     * @param label of it.
     * @return its type.
     */
    public static CounterType count(final int id, final String label) {
        return new CounterType(id, label, false);
    }

    /**
     * A level.
     *
     * @param id of it.
     * @param label of it.
     * @return its type.
     */
    public static CounterType level(final int id, final String label) {
        return new CounterType(id, label, true);
    }
}
