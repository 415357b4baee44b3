package dev.javf.daemon.suite;

import java.util.function.Consumer;

/**
 * The frames of one VLAN in one direction, numbered from 0. The sending and the receiving port's
 * pollers and the case's thread may be three threads; each field has one that writes it.
 */
final class Flow {
    /** Frames under way at most, so that no ring overflows while a thread isn't run. */
    private static final long WINDOW = 64;

    private final int side;
    private final int vlan;
    private final Consumer<String> faults;

    /** Number of the next frame to send; the sender's. */
    private volatile long next;

    /** Number of the next frame that has not arrived; the receiver's. */
    private volatile long expected;

    /** Frames that are missing; the receiver's. */
    private volatile long lost;

    /** Frames of numbers below it may be missing; the case's. */
    private volatile long mayMissBelow;

    /**
     * A flow without frames.
     *
     * @param side that sends, 0 or 1.
     * @param vlan of all its frames.
     * @param faults is told what must not be.
     */
    Flow(final int side, final int vlan, final Consumer<String> faults) {
        this.side = side;
        this.vlan = vlan;
        this.faults = faults;
    }

    int side() {
        return side;
    }

    int vlan() {
        return vlan;
    }

    /** The number of the frame to send now. */
    long next() {
        return next;
    }

    /** Whether another frame may be on its way; those that an outage may have taken don't count. */
    boolean mayBeSent() {
        return next - Math.max(expected, mayMissBelow) < WINDOW;
    }

    /** It has been sent. */
    void onSent() {
        final long sent = next;
        next = sent + 1;
    }

    /**
     * A frame has arrived, whole and in its VLAN.
     *
     * @param sequence its number.
     */
    void onArrived(final long sequence) {
        final long missing = sequence - expected;
        if (missing < 0) {
            faults.accept(this + ": frame " + sequence + " after " + (expected - 1));
            return;
        }
        if (missing > 0 && sequence > mayMissBelow) {
            faults.accept(
                    this
                            + ": frames "
                            + expected
                            + " to "
                            + (sequence - 1)
                            + " lost without outage");
        }
        final long before = lost;
        lost = before + missing;
        expected = sequence + 1;
    }

    /** From now on frames may be lost, those under way included. */
    void outageBegins() {
        mayMissBelow = Long.MAX_VALUE;
    }

    /** All that is sent from now on has to arrive. */
    void outageEnds() {
        if (mayMissBelow == Long.MAX_VALUE) {
            mayMissBelow = next;
        }
    }

    /** Frames sent that have not arrived, lost ones aside that later ones have overtaken. */
    long underWay() {
        return next - expected;
    }

    /** Whether a frame has arrived that was sent when none may be lost. */
    boolean isServed() {
        return expected > mayMissBelow;
    }

    long sent() {
        return next;
    }

    long lost() {
        return lost;
    }

    @Override
    public String toString() {
        return "VLAN " + vlan + " from VF" + (side + 1);
    }
}
