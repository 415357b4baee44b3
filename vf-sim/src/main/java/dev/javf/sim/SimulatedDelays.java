package dev.javf.sim;

/**
 * How long things take, in nanoseconds; 0 is allowed everywhere. The PF has one service task: while
 * it works on one VF's message or reset, all others wait.
 *
 * @param mailboxToPfNs from the doorbell until a message is with the PF's driver.
 * @param mailboxToVfNs from the PF's driver until a message is in the VF's receive queue.
 * @param messageNs what the PF's driver needs for any message.
 * @param ruleNs what the firmware needs for one filter or setting, on top of that.
 * @param vfResetNs from the start of a VF's reset until the VF may talk again.
 * @param pfResetHardwareNs how long no register answers in a PF reset.
 * @param pfResetNs from there until the PF starts to bring its VFs back.
 */
public record SimulatedDelays(
        long mailboxToPfNs,
        long mailboxToVfNs,
        long messageNs,
        long ruleNs,
        long vfResetNs,
        long pfResetHardwareNs,
        long pfResetNs) {
    /** Everything happens at once. */
    public static final SimulatedDelays NONE = new SimulatedDelays(0, 0, 0, 0, 0, 0, 0);

    /** About what an E810 takes. */
    public static final SimulatedDelays TYPICAL =
            new SimulatedDelays(
                    250_000, 250_000, 10_000, 100_000, 50_000_000, 100_000_000, 1_000_000_000);

    public SimulatedDelays {
        check("mailboxToPfNs", mailboxToPfNs);
        check("mailboxToVfNs", mailboxToVfNs);
        check("messageNs", messageNs);
        check("ruleNs", ruleNs);
        check("vfResetNs", vfResetNs);
        check("pfResetHardwareNs", pfResetHardwareNs);
        check("pfResetNs", pfResetNs);
    }

    private static void check(final String name, final long delayNs) {
        if (delayNs < 0) {
            throw new IllegalArgumentException(name + " " + delayNs + ", expected 0 or more");
        }
    }

    /**
     * The same with another mailbox.
     *
     * @param toPfNs see {@link #mailboxToPfNs}.
     * @param toVfNs see {@link #mailboxToVfNs}.
     * @return changed copy.
     */
    public SimulatedDelays withMailbox(final long toPfNs, final long toVfNs) {
        return new SimulatedDelays(
                toPfNs, toVfNs, messageNs, ruleNs, vfResetNs, pfResetHardwareNs, pfResetNs);
    }

    /**
     * The same with another speed of the PF's driver and firmware.
     *
     * @param perMessageNs see {@link #messageNs}.
     * @param perRuleNs see {@link #ruleNs}.
     * @return changed copy.
     */
    public SimulatedDelays withWork(final long perMessageNs, final long perRuleNs) {
        return new SimulatedDelays(
                mailboxToPfNs,
                mailboxToVfNs,
                perMessageNs,
                perRuleNs,
                vfResetNs,
                pfResetHardwareNs,
                pfResetNs);
    }

    /**
     * The same with other resets.
     *
     * @param ofVfNs see {@link #vfResetNs}.
     * @param ofPfHardwareNs see {@link #pfResetHardwareNs}.
     * @param ofPfNs see {@link #pfResetNs}.
     * @return changed copy.
     */
    public SimulatedDelays withResets(
            final long ofVfNs, final long ofPfHardwareNs, final long ofPfNs) {
        return new SimulatedDelays(
                mailboxToPfNs, mailboxToVfNs, messageNs, ruleNs, ofVfNs, ofPfHardwareNs, ofPfNs);
    }
}
