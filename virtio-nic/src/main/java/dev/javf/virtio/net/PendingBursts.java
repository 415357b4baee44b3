package dev.javf.virtio.net;

/** The queue pairs that packets were given to and that aren't published yet. */
final class PendingBursts {
    private int pairs;

    void add(final int pair) {
        pairs |= 1 << pair;
    }

    boolean contains(final int pair) {
        return (pairs >>> pair & 1) != 0;
    }

    boolean isEmpty() {
        return pairs == 0;
    }

    void clear() {
        pairs = 0;
    }

    int removeFirst() {
        final int pair = Integer.numberOfTrailingZeros(pairs);
        pairs &= pairs - 1;
        return pair;
    }
}
