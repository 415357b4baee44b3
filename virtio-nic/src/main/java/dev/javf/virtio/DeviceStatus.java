package dev.javf.virtio;

import dev.javf.linux.virtio.Virtio;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * The rules of the device status register (VirtIO 1.2, 2.1 and 3.1.1): what it holds after the
 * driver wrote a byte, and what the device does then. A bit is set once, only a reset clears one,
 * features are applied once, and what breaks a rule sets NEEDS_RESET, after which only a reset
 * helps.
 *
 * <p>No order is demanded beyond that, because no driver's and no front-end's order would be
 * another's; instead nothing works before its time: features are taken before FEATURES_OK, queues
 * are set up after it, and packets move only in a status that is {@linkplain #isLive live}.
 *
 * <p>Pure functions of bytes. The table in {@code docs/virtio-device-status.md} is printed from
 * {@link Rule} and from them.
 */
public final class DeviceStatus {
    /** The driver has seen the device. */
    public static final int ACKNOWLEDGE = Virtio.VIRTIO_CONFIG_S_ACKNOWLEDGE();

    /** The driver knows how to drive it. */
    public static final int DRIVER = Virtio.VIRTIO_CONFIG_S_DRIVER();

    /** The driver is ready: packets may move. */
    public static final int DRIVER_OK = Virtio.VIRTIO_CONFIG_S_DRIVER_OK();

    /** The features are agreed on. */
    public static final int FEATURES_OK = Virtio.VIRTIO_CONFIG_S_FEATURES_OK();

    /** The device can't go on. The only bit that the device sets, never the driver. */
    public static final int NEEDS_RESET = Virtio.VIRTIO_CONFIG_S_NEEDS_RESET();

    /** The driver has given up. */
    public static final int FAILED = Virtio.VIRTIO_CONFIG_S_FAILED();

    /** The bits that VirtIO 1.2 defines; others are dropped when they are written. */
    public static final int DEFINED =
            ACKNOWLEDGE | DRIVER | DRIVER_OK | FEATURES_OK | NEEDS_RESET | FAILED;

    /** What the device does when its status changes, in this order. */
    public enum Action {
        /** Everything returns to its state at power-up. */
        RESET,
        /**
         * The features are checked and take effect. If they can't, the change doesn't happen; what
         * happens instead is {@link #deviceNeedsReset} from the status before.
         */
        APPLY_FEATURES,
        /** Packets may move from now on. */
        START,
        /** No packet moves from now on, and the driver's memory isn't touched. */
        STOP,
        /** The driver gets a configuration change interrupt. */
        NOTIFY_CONFIGURATION
    }

    /** What a written byte amounts to. The first that fits counts. */
    public enum Rule {
        /** The way out of everything. */
        RESET("0 is written", "status 0 and a full reset, even if the status was 0 already"),
        /** No news. */
        REPEATED("the bits that are set already", "nothing"),
        /** The driver has seen NEEDS_RESET and says that it gives up. */
        GIVES_UP("FAILED is added while NEEDS_RESET is set", "FAILED is set, no other new bit"),
        /** Nothing but a reset helps. */
        BROKEN("anything else while NEEDS_RESET is set", "nothing"),
        /** Nothing but a reset clears a bit. */
        CLEARS("a bit that is set is missing", "NEEDS_RESET is set, no other new bit"),
        /** NEEDS_RESET is the device's to set. */
        NOT_THE_DRIVERS("NEEDS_RESET is added", "NEEDS_RESET is set, no other new bit"),
        /** A driver that has given up must start with a reset. */
        AFTER_FAILED("a bit is added after FAILED", "NEEDS_RESET is set, no other new bit"),
        /** The driver's way. */
        RISES(
                "bits are added",
                "they are set; FEATURES_OK applies the features, or sets NEEDS_RESET instead");

        private final String when;
        private final String then;

        Rule(final String when, final String then) {
            this.when = when;
            this.then = then;
        }

        /** When it counts, in words. */
        public String when() {
            return when;
        }

        /** What happens, in words. */
        public String then() {
            return then;
        }
    }

    /**
     * What follows from a write, or from an error of the device.
     *
     * @param status the new one.
     * @param actions to be done, in the order of {@link Action}.
     */
    public record Change(int status, Set<Action> actions) {
        public Change {
            actions = Collections.unmodifiableSet(actions);
        }
    }

    private DeviceStatus() {}

    /**
     * The rule that a write falls under.
     *
     * @param status before, 0 to 255; bits that aren't defined don't count.
     * @param written the byte, 0 to 255.
     */
    public static Rule rule(final int status, final int written) {
        final int held = status & DEFINED;
        final int wanted = written & DEFINED;
        final boolean isSuperset = (held & ~wanted) == 0;
        final int added = wanted & ~held;
        // The byte itself, not what is defined of it: a write of an unknown bit is no reset.
        if (written == 0) {
            return Rule.RESET;
        }
        if (wanted == held) {
            return Rule.REPEATED;
        }
        if ((held & NEEDS_RESET) != 0) {
            return isSuperset && (added & FAILED) != 0 ? Rule.GIVES_UP : Rule.BROKEN;
        }
        if (!isSuperset) {
            return Rule.CLEARS;
        }
        if ((added & NEEDS_RESET) != 0) {
            return Rule.NOT_THE_DRIVERS;
        }
        return (held & FAILED) != 0 ? Rule.AFTER_FAILED : Rule.RISES;
    }

    /**
     * The driver writes the register.
     *
     * @param status before, 0 to 255; bits that aren't defined don't count.
     * @param written the byte, 0 to 255.
     * @return what follows.
     */
    public static Change write(final int status, final int written) {
        final int held = status & DEFINED;
        return switch (rule(status, written)) {
            case RESET -> new Change(0, EnumSet.of(Action.RESET));
            case REPEATED, BROKEN -> new Change(held, EnumSet.noneOf(Action.class));
            case GIVES_UP -> change(held, held | FAILED);
            case CLEARS, NOT_THE_DRIVERS, AFTER_FAILED -> deviceNeedsReset(held);
            case RISES -> change(held, held | (written & DEFINED));
        };
    }

    /**
     * The device has met an error that it can't get over: a driver's, or its own.
     *
     * @param status before, 0 to 255; bits that aren't defined don't count.
     * @return what follows; nothing if NEEDS_RESET is set already.
     */
    public static Change deviceNeedsReset(final int status) {
        final int held = status & DEFINED;
        return change(held, held | NEEDS_RESET);
    }

    private static Change change(final int before, final int after) {
        final int added = after & ~before;
        final Set<Action> actions = EnumSet.noneOf(Action.class);
        if ((added & FEATURES_OK) != 0) {
            actions.add(Action.APPLY_FEATURES);
        }
        if (isLive(after) && !isLive(before)) {
            actions.add(Action.START);
        }
        if (isLive(before) && !isLive(after)) {
            actions.add(Action.STOP);
        }
        // VirtIO 1.2, 2.1.2: a driver that isn't ready yet isn't told.
        if ((added & NEEDS_RESET) != 0 && (before & DRIVER_OK) != 0) {
            actions.add(Action.NOTIFY_CONFIGURATION);
        }
        return new Change(after, actions);
    }

    /**
     * Whether the driver may say which features it wants.
     *
     * @param status as the register holds it.
     */
    public static boolean acceptsFeatures(final int status) {
        return (status & (FEATURES_OK | NEEDS_RESET | FAILED)) == 0;
    }

    /**
     * Whether the driver may set up queues that aren't enabled.
     *
     * @param status as the register holds it.
     */
    public static boolean acceptsQueues(final int status) {
        return (status & (FEATURES_OK | NEEDS_RESET | FAILED)) == FEATURES_OK;
    }

    /**
     * Whether packets may move: the driver is ready and nobody has given up.
     *
     * @param status as the register holds it.
     */
    public static boolean isLive(final int status) {
        final int ready = FEATURES_OK | DRIVER_OK;
        return (status & (ready | NEEDS_RESET | FAILED)) == ready;
    }

    /**
     * The names of the bits that are set.
     *
     * @param status 0 to 255.
     * @return names joined by {@code |}; 0 if none is set, undefined bits in hexadecimal.
     */
    public static String toString(final int status) {
        final StringBuilder text = new StringBuilder();
        append(text, status, ACKNOWLEDGE, "ACKNOWLEDGE");
        append(text, status, DRIVER, "DRIVER");
        append(text, status, FEATURES_OK, "FEATURES_OK");
        append(text, status, DRIVER_OK, "DRIVER_OK");
        append(text, status, NEEDS_RESET, "NEEDS_RESET");
        append(text, status, FAILED, "FAILED");
        final int undefined = status & ~DEFINED;
        append(text, undefined, -1, "0x" + Integer.toHexString(undefined));
        return text.isEmpty() ? "0" : text.toString();
    }

    private static void append(
            final StringBuilder text, final int status, final int bit, final String name) {
        if ((status & bit) != 0) {
            text.append(text.isEmpty() ? "" : "|").append(name);
        }
    }
}
