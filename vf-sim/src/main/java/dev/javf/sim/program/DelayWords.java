package dev.javf.sim.program;

import dev.javf.sim.SimulatedDelays;

import java.util.Map;

/** {@link SimulatedDelays} as they are written on the command line. */
final class DelayWords {
    /** Changes one delay. */
    @FunctionalInterface
    private interface Setting {
        SimulatedDelays set(SimulatedDelays before, long delayNs);
    }

    private static final Map<String, SimulatedDelays> NAMED =
            Map.of("typical", SimulatedDelays.TYPICAL, "none", SimulatedDelays.NONE);

    private static final Map<String, Setting> SETTINGS =
            Map.of(
                    "mailbox", (before, ns) -> before.withMailbox(ns, ns),
                    "message", (before, ns) -> before.withWork(ns, before.ruleNs()),
                    "rule", (before, ns) -> before.withWork(before.messageNs(), ns),
                    "vf-reset",
                            (before, ns) ->
                                    before.withResets(
                                            ns, before.pfResetHardwareNs(), before.pfResetNs()),
                    "pf-reset-hardware",
                            (before, ns) ->
                                    before.withResets(before.vfResetNs(), ns, before.pfResetNs()),
                    "pf-reset",
                            (before, ns) ->
                                    before.withResets(
                                            before.vfResetNs(), before.pfResetHardwareNs(), ns));

    private DelayWords() {}

    /**
     * Reads delays.
     *
     * @param text {@code typical} or {@code none}, then what differs: {@code rule=50us}; separated
     *     by commas.
     * @throws IllegalArgumentException when it says something else.
     */
    static SimulatedDelays parse(final String text) {
        SimulatedDelays delays = SimulatedDelays.TYPICAL;
        for (final String part : text.split(",", -1)) {
            final int equals = part.indexOf('=');
            final SimulatedDelays named = NAMED.get(part);
            final Setting setting = equals < 0 ? null : SETTINGS.get(part.substring(0, equals));
            if (named != null) {
                delays = named;
            } else if (setting != null) {
                delays = setting.set(delays, Durations.parseNs(part.substring(equals + 1)));
            } else {
                throw new IllegalArgumentException(
                        "'"
                                + part
                                + "': expected typical, none or NAME=TIME, with one of mailbox,"
                                + " message, rule, vf-reset, pf-reset-hardware, pf-reset");
            }
        }
        return delays;
    }
}
