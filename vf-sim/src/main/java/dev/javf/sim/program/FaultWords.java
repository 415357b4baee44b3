package dev.javf.sim.program;

import dev.javf.sim.Fault;
import dev.javf.sim.PlannedFaults;
import dev.javf.sim.ResetFault;
import dev.javf.sim.ResetKind;
import dev.javf.virtchnl.Opcode;

import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What is to go wrong, as it is written on the command line and in commands:
 *
 * <pre>
 * vf N|any OPCODE|any FAULT [skip K] [times K]
 * vf N|any reset stuck | late TIME | longer TIME
 * </pre>
 */
final class FaultWords {
    /** What a command can be told to do wrong, for its help. */
    static final String SYNTAX =
            "vf N|any OPCODE|any lose-request|lose-answer|delay-request TIME|"
                    + "delay-answer TIME [survives-reset]|duplicate-answer TIME|fail STATUS|"
                    + "fail-element K|pretend|reset KIND POINT|stale-event impending|link TIME"
                    + " [skip K] [times K], or: vf N|any reset stuck|late TIME|longer TIME";

    private static final int MAX_COUNT = 1_000_000;
    private static final int MAX_ELEMENT = 512;

    private static final Map<String, Fault.Point> POINTS =
            Map.of(
                    "before-work", Fault.Point.BEFORE_WORK,
                    "before-answer", Fault.Point.BEFORE_ANSWER,
                    "after-answer", Fault.Point.AFTER_ANSWER);

    private static final Map<String, ResetKind> KINDS =
            Map.of(
                    "vf", ResetKind.NOTIFIED,
                    "vf-silent", ResetKind.REQUESTED,
                    "flr", ResetKind.FUNCTION_LEVEL,
                    "pf", ResetKind.PHYSICAL_FUNCTION,
                    "pf-silent", ResetKind.PHYSICAL_FUNCTION_SILENT);

    private static final Map<String, Function<Words, Fault>> FAULTS =
            Map.ofEntries(
                    Map.entry("lose-request", words -> new Fault.LoseRequest()),
                    Map.entry("lose-answer", words -> new Fault.LoseAnswer()),
                    Map.entry(
                            "delay-request",
                            words -> new Fault.DelayRequest(words.takeDurationNs("the delay"))),
                    Map.entry(
                            "delay-answer",
                            words ->
                                    new Fault.DelayAnswer(
                                            words.takeDurationNs("the delay"),
                                            words.takeIf("survives-reset"))),
                    Map.entry(
                            "duplicate-answer",
                            words ->
                                    new Fault.DuplicateAnswer(
                                            words.takeDurationNs("the time between the two"))),
                    Map.entry(
                            "fail",
                            words -> new Fault.Fail(words.takeNumber("the status", -100, 100))),
                    Map.entry(
                            "fail-element",
                            words ->
                                    new Fault.FailElement(
                                            words.takeNumber("the element", 0, MAX_ELEMENT))),
                    Map.entry("pretend", words -> new Fault.Pretend()),
                    Map.entry(
                            "reset",
                            words -> new Fault.Reset(words.take(KINDS), words.take(POINTS))),
                    Map.entry(
                            "stale-event",
                            words ->
                                    new Fault.StaleEvent(
                                            words.take(Map.of("impending", true, "link", false)),
                                            words.takeDurationNs("the delay"))));

    private static final Map<String, Opcode> OPCODES =
            Arrays.stream(Opcode.values()).collect(Collectors.toMap(Opcode::name, code -> code));

    private static final Pattern NUMBER = Pattern.compile("\\d{1,9}");

    private FaultWords() {}

    /**
     * Reads one rule and adds it.
     *
     * @param words that begin with {@code vf}; all are taken.
     * @param virtualFunctions how many there are.
     * @param faults gets the rule.
     * @throws IllegalArgumentException when it is none.
     */
    static void add(final Words words, final int virtualFunctions, final PlannedFaults faults) {
        words.take(Map.of("vf", true));
        final int vf =
                words.takeIf("any")
                        ? PlannedFaults.ANY
                        : words.takeNumber("the VF or any", 0, virtualFunctions - 1);
        if (words.takeIf("reset")) {
            final ResetFault fault = resetFault(words);
            words.end();
            faults.onNextReset(vf, fault);
            return;
        }
        final int opcode = opcode(words);
        final Fault fault = words.take(FAULTS).apply(words);
        final int skip = words.takeIf("skip") ? words.takeNumber("how many", 0, MAX_COUNT) : 0;
        final int times = words.takeIf("times") ? words.takeNumber("how many", 1, MAX_COUNT) : 1;
        words.end();
        faults.on(vf, opcode, skip, times, fault);
    }

    private static ResetFault resetFault(final Words words) {
        return words.take(
                        Map.<String, Function<Words, ResetFault>>of(
                                "stuck", rest -> new ResetFault(0, 0, true),
                                "late",
                                        rest ->
                                                new ResetFault(
                                                        rest.takeDurationNs("the delay"), 0, false),
                                "longer",
                                        rest ->
                                                new ResetFault(
                                                        0, rest.takeDurationNs("the time"), false)))
                .apply(words);
    }

    private static int opcode(final Words words) {
        if (words.takeIf("any")) {
            return PlannedFaults.ANY;
        }
        final String expected =
                "an operation, such as ADD_VLAN_V2, or its number, or any, or reset";
        final String word = String.valueOf(words.peek());
        final Opcode known = OPCODES.get(word);
        if (known == null && !NUMBER.matcher(word).matches()) {
            throw words.wrong(expected);
        }
        words.take(expected);
        return known == null ? Integer.parseInt(word) : known.code();
    }
}
