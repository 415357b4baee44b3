package dev.javf.iavf;

import dev.javf.virtchnl.Capability;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.PromiscuousMode;

import org.jspecify.annotations.Nullable;

/**
 * Frames that are not asked for one by one. A PF answers SUCCESS to a VF that its host doesn't
 * trust, and does nothing; where the VF can tell that it isn't trusted, that is a difference.
 */
final class Promiscuity {
    private static final String REMEDY = "on the host: ip link set PF vf N trust on";
    private static final String NOT_TRUSTED =
            "the PF says yes to a VF that isn't trusted, and does nothing";

    private final Setting setting;
    private @Nullable Negotiated negotiated;
    private int wanted;

    Promiscuity(final Settings settings) {
        setting =
                settings.make(Opcode.CONFIG_PROMISCUOUS_MODE, Difference.Item.PROMISCUITY, REMEDY);
    }

    /** Wants frames for any unicast address, or any multicast address. */
    void want(final boolean unicast, final boolean multicast) {
        wanted =
                (unicast ? PromiscuousMode.UNICAST : 0)
                        | (multicast ? PromiscuousMode.MULTICAST : 0);
        ask();
    }

    /** Flags of {@link PromiscuousMode}. */
    int wanted() {
        return wanted;
    }

    void reset() {
        negotiated = null;
    }

    /** The PF has said what it offers since the last reset. */
    void begin(final Negotiated granted) {
        negotiated = granted;
        if (granted.has(Capability.L2)) {
            setting.initially(wish(granted, 0));
        }
        ask();
    }

    private void ask() {
        final Negotiated granted = negotiated;
        if (granted == null) {
            return;
        }
        if (granted.has(Capability.L2)) {
            final boolean vain = wanted != 0 && granted.trust() == Negotiated.Trust.NO;
            setting.doubt(vain ? NOT_TRUSTED : "");
            setting.want(wish(granted, wanted));
        } else if (wanted != 0) {
            setting.unavailable(text(wanted), "the PF doesn't offer it");
        } else {
            setting.wantNothing();
        }
    }

    private static Setting.Wish wish(final Negotiated granted, final int flags) {
        return new Setting.Wish(new PromiscuousMode(granted.vsi().vsiId(), flags), text(flags));
    }

    private static String text(final int flags) {
        return switch (flags) {
            case 0 -> "off";
            case PromiscuousMode.UNICAST -> "unicast";
            case PromiscuousMode.MULTICAST -> "multicast";
            default -> "unicast and multicast";
        };
    }
}
