package dev.javf.iavf;

import dev.javf.packet.Counter;
import dev.javf.virtchnl.EthStatistics;

/**
 * The PF's counters of a VF, added up over all its resets. A PF counts from zero after each; these
 * never go back. They are as old as the last answer to GET_STATS, and reading them asks nobody. Any
 * thread may read; each counter by itself is exact, all together are of one answer only while the
 * conductor doesn't write.
 */
public final class PfStatistics {
    /** More than any port counts between two answers; a PF that says so is not believed. */
    private static final long STEP_MAX = 1L << 48;

    private final Counter[] counters = new Counter[Field.values().length];
    private final Counter answers = new Counter();
    private long[] last = new long[counters.length];
    private boolean restarted = true;
    private boolean fell;

    /** What a PF counts, by the names of virtchnl.h, struct virtchnl_eth_stats. */
    public enum Field {
        /** Bytes received. */
        RX_BYTES,
        /** Unicast frames received. */
        RX_UNICAST,
        /** Multicast frames received. */
        RX_MULTICAST,
        /** Broadcast frames received. */
        RX_BROADCAST,
        /** Frames dropped on receive. */
        RX_DISCARDS,
        /** Frames received for an unknown protocol. */
        RX_UNKNOWN_PROTOCOL,
        /** Bytes sent. */
        TX_BYTES,
        /** Unicast frames sent. */
        TX_UNICAST,
        /** Multicast frames sent. */
        TX_MULTICAST,
        /** Broadcast frames sent. */
        TX_BROADCAST,
        /** Frames dropped on transmit. */
        TX_DISCARDS,
        /** Frames not sent for an error. */
        TX_ERRORS
    }

    PfStatistics() {
        for (int i = 0; i < counters.length; i++) {
            counters[i] = new Counter();
        }
    }

    /**
     * A counter.
     *
     * @param field which.
     * @return its value since the VF was opened; it never goes back.
     */
    @SuppressWarnings("EnumOrdinal") // the array is made from the enumeration and goes nowhere
    public long get(final Field field) {
        return counters[field.ordinal()].value();
    }

    /** Answers of the PF that these counters are made from. */
    public long answers() {
        return answers.value();
    }

    /** The VF was reset: the PF counts from zero, which the next answer shows. */
    void onReset() {
        restarted = true;
    }

    /**
     * The PF has answered. Counters that fell count from zero if there was a reset since the last
     * answer. Without one they are taken for a late duplicate of an earlier answer, unless they
     * stay so.
     */
    void onAnswer(final EthStatistics statistics) {
        final long[] now = values(statistics);
        final boolean falls = falls(now);
        if (falls && !restarted && !fell) {
            fell = true;
            return;
        }
        if (falls) {
            last = new long[now.length];
        }
        restarted = false;
        fell = false;
        for (int i = 0; i < now.length; i++) {
            final long step = now[i] - last[i];
            if (step > 0 && step < STEP_MAX) {
                counters[i].add(step);
            }
        }
        last = now;
        answers.increment();
    }

    private boolean falls(final long[] now) {
        for (int i = 0; i < now.length; i++) {
            if (Long.compareUnsigned(now[i], last[i]) < 0) {
                return true;
            }
        }
        return false;
    }

    private static long[] values(final EthStatistics statistics) {
        return new long[] {
            statistics.rxBytes(),
            statistics.rxUnicast(),
            statistics.rxMulticast(),
            statistics.rxBroadcast(),
            statistics.rxDiscards(),
            statistics.rxUnknownProtocol(),
            statistics.txBytes(),
            statistics.txUnicast(),
            statistics.txMulticast(),
            statistics.txBroadcast(),
            statistics.txDiscards(),
            statistics.txErrors()
        };
    }
}
