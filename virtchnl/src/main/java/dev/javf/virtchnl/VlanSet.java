package dev.javf.virtchnl;

import java.util.Arrays;
import java.util.BitSet;
import java.util.stream.IntStream;

/** A set of VLAN ids (1..4094). Immutable; 512 bytes whatever is in it. */
public final class VlanSet {
    /** No VLAN. */
    public static final VlanSet EMPTY = new VlanSet(new long[64]);

    /** What {@link #next} returns at the end. */
    public static final int NONE = -1;

    private final long[] bits;

    private VlanSet(final long[] bits) {
        this.bits = bits;
    }

    /**
     * A set of ids.
     *
     * @param vlanIds each 1..4094; repetitions don't matter.
     * @return the set.
     * @throws IllegalArgumentException for an id out of range.
     */
    public static VlanSet of(final int... vlanIds) {
        final Builder builder = new Builder();
        for (final int vlanId : vlanIds) {
            builder.add(vlanId);
        }
        return builder.build();
    }

    /**
     * A set of consecutive ids.
     *
     * @param first the lowest, 1..4094.
     * @param last the highest, {@code first}..4094.
     * @return the set.
     * @throws IllegalArgumentException for an id out of range, or if the first is above the last.
     */
    public static VlanSet range(final int first, final int last) {
        return new Builder().addRange(first, last).build();
    }

    /** The same ids; nothing outside 1..4094 may be set. */
    static VlanSet copyOf(final BitSet ids) {
        return new VlanSet(Arrays.copyOf(ids.toLongArray(), 64));
    }

    /**
     * Parses {@code 100-110,200}.
     *
     * @param text see {@link VlanRanges#parse}.
     * @return the set, not empty.
     * @throws IllegalArgumentException with one line that names the offending part.
     */
    public static VlanSet parse(final String text) {
        return VlanRanges.parse(text);
    }

    /**
     * Whether an id is in the set.
     *
     * @param vlanId any number.
     * @return false for everything outside 1..4094.
     */
    public boolean contains(final int vlanId) {
        return VlanId.isValid(vlanId) && (bits[vlanId >>> 6] >>> vlanId & 1) != 0;
    }

    /**
     * Whether all ids of another set are in this one.
     *
     * @param other the other set.
     * @return true if nothing of it is missing here.
     */
    public boolean containsAll(final VlanSet other) {
        return other.minus(this).isEmpty();
    }

    /**
     * How many ids are in the set.
     *
     * @return 0..4094.
     */
    public int size() {
        int size = 0;
        for (final long word : bits) {
            size += Long.bitCount(word);
        }
        return size;
    }

    /**
     * Whether there is nothing in the set.
     *
     * @return true for the empty set.
     */
    public boolean isEmpty() {
        return next(VlanId.MIN) == NONE;
    }

    /**
     * The lowest id in the set that is not below a given one; {@code for (int v = set.next(1); v !=
     * NONE; v = set.next(v + 1))} visits all in ascending order.
     *
     * @param from where to begin, 0 or more.
     * @return an id, or {@link #NONE}.
     */
    public int next(final int from) {
        int index = from >>> 6;
        if (index >= bits.length) {
            return NONE;
        }
        long word = bits[index] & -1L << from;
        while (word == 0) {
            if (++index == bits.length) {
                return NONE;
            }
            word = bits[index];
        }
        return (index << 6) + Long.numberOfTrailingZeros(word);
    }

    /**
     * The ids.
     *
     * @return in ascending order.
     */
    public IntStream stream() {
        return IntStream.rangeClosed(VlanId.MIN, VlanId.MAX).filter(this::contains);
    }

    /**
     * The union.
     *
     * @param other the other set.
     * @return what is in either.
     */
    public VlanSet plus(final VlanSet other) {
        final long[] result = bits.clone();
        for (int i = 0; i < result.length; i++) {
            result[i] |= other.bits[i];
        }
        return new VlanSet(result);
    }

    /**
     * The difference.
     *
     * @param other the other set.
     * @return what is in this one and not in the other.
     */
    public VlanSet minus(final VlanSet other) {
        final long[] result = bits.clone();
        for (int i = 0; i < result.length; i++) {
            result[i] &= ~other.bits[i];
        }
        return new VlanSet(result);
    }

    /**
     * The intersection.
     *
     * @param other the other set.
     * @return what is in both.
     */
    public VlanSet and(final VlanSet other) {
        final long[] result = bits.clone();
        for (int i = 0; i < result.length; i++) {
            result[i] &= other.bits[i];
        }
        return new VlanSet(result);
    }

    /**
     * The lowest ids.
     *
     * @param count how many at most, 1 or more.
     * @return the whole set if it has no more.
     */
    public VlanSet first(final int count) {
        final Builder first = new Builder();
        int left = count;
        for (int v = next(VlanId.MIN); v != NONE && left > 0; v = next(v + 1), left--) {
            first.add(v);
        }
        return first.build();
    }

    @Override
    public boolean equals(final Object other) {
        return other instanceof final VlanSet that && Arrays.equals(bits, that.bits);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bits);
    }

    /**
     * The text form.
     *
     * @return {@code 100-110,200}, or {@code none}.
     */
    @Override
    public String toString() {
        return VlanRanges.format(this);
    }

    /** Collects ids into a set. */
    public static final class Builder {
        private final long[] bits = new long[64];

        /** Begins with the empty set. */
        public Builder() {}

        /**
         * Adds an id.
         *
         * @param vlanId 1..4094; may be in the set already.
         * @return this.
         * @throws IllegalArgumentException for an id out of range.
         */
        public Builder add(final int vlanId) {
            VlanId.check(vlanId);
            bits[vlanId >>> 6] |= 1L << vlanId;
            return this;
        }

        /**
         * Adds consecutive ids.
         *
         * @param first the lowest, 1..4094.
         * @param last the highest, {@code first}..4094.
         * @return this.
         * @throws IllegalArgumentException for an id out of range, or if the first is above the
         *     last.
         */
        public Builder addRange(final int first, final int last) {
            VlanId.check(first);
            VlanId.check(last);
            if (last < first) {
                throw new IllegalArgumentException(
                        "VLAN range " + first + "-" + last + " is backwards");
            }
            for (int vlanId = first; vlanId <= last; vlanId++) {
                add(vlanId);
            }
            return this;
        }

        /**
         * The set so far; the builder can go on.
         *
         * @return a set that later additions don't change.
         */
        public VlanSet build() {
            return new VlanSet(bits.clone());
        }
    }
}
