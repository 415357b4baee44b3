package dev.javf.sim.program;

import com.fasterxml.jackson.core.JsonGenerator;

import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.sim.HostAdministrator;
import dev.javf.sim.LinkMode;
import dev.javf.sim.PlannedFaults;
import dev.javf.sim.PortVlan;
import dev.javf.sim.SimulatedPhysicalFunction;
import dev.javf.sim.SimulatedVirtualFunction;
import dev.javf.sim.VlanKey;
import dev.javf.virtchnl.Capability;
import dev.javf.virtchnl.Event;
import dev.javf.virtchnl.VlanRanges;

import java.io.IOException;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * What the simulator can be told over its control socket. Where {@code ip link set PF vf N ...} has
 * words for something, these are they. For the model's thread.
 */
final class ControlCommands {
    private static final int MAX_VLAN = 4094;
    private static final int MAX_PRIORITY = 7;

    private static final Map<String, Integer> TPIDS =
            Map.of("802.1q", Ethernet.TPID_8021Q, "802.1ad", Ethernet.TPID_8021AD);

    private static final Map<String, LinkMode> LINK_MODES =
            Map.of("auto", LinkMode.AUTO, "enable", LinkMode.ENABLE, "disable", LinkMode.DISABLE);

    /** What {@code help} answers, and {@code javf sim-ctl --help} shows. */
    static final List<String> HELP =
            List.of(
                    "vf N trust on|off",
                    "vf N spoofchk on|off",
                    "vf N vlan VLAN [qos Q] [proto 802.1q|802.1ad]   (VLAN 0: none)",
                    "vf N mac MAC",
                    "vf N state auto|enable|disable",
                    "vf N trunk VLANS|none                           (i40e-v2 only)",
                    "vf N reset                                      announced to the VF",
                    "vf N flr                                        function-level reset",
                    "link up|down                                    of the port",
                    "pf reset [silent]                               silent: no VF is told",
                    "flag vf-vlan-pruning|vf-true-promisc-support on|off",
                    "fault " + FaultWords.SYNTAX,
                    "fault clear",
                    "inject vf N event reset-impending|pf-close|link-up|link-down",
                    "inject vf N delete-vlan VLAN                    behind the VF's back",
                    "show [vf N]",
                    "record on|off|clear|dump",
                    "help");

    private final SimulatedPhysicalFunction pf;
    private final PlannedFaults faults;
    private final ExchangeRecorder recorder;
    private final Map<String, Function<Words, CompletionStage<Answer>>> commands;
    private final Map<String, BiFunction<Integer, Words, CompletionStage<Answer>>> vfCommands;

    /**
     * The commands.
     *
     * @param pf what they are about.
     * @param faults is asked by the PF.
     * @param recorder observes the PF.
     */
    ControlCommands(
            final SimulatedPhysicalFunction pf,
            final PlannedFaults faults,
            final ExchangeRecorder recorder) {
        this.pf = pf;
        this.faults = faults;
        this.recorder = recorder;
        commands =
                Map.of(
                        "vf", this::vf,
                        "link", this::link,
                        "pf", this::physicalFunction,
                        "flag", this::flag,
                        "fault", this::fault,
                        "inject", this::inject,
                        "show", this::show,
                        "record", this::record,
                        "help", this::help);
        final HostAdministrator host = pf.host();
        vfCommands =
                Map.of(
                        "trust", (vf, words) -> done(host.trust(vf, lastOnOff(words))),
                        "spoofchk", (vf, words) -> done(host.spoofCheck(vf, lastOnOff(words))),
                        "vlan", this::portVlan,
                        "mac", this::mac,
                        "state", (vf, words) -> done(host.linkMode(vf, last(words, LINK_MODES))),
                        "trunk", this::trunk,
                        "reset", this::announcedReset,
                        "flr", this::functionLevelReset);
    }

    /**
     * Does what a line says.
     *
     * @param line one command.
     * @return completes when it is done, on the model's thread; exceptionally with an {@link
     *     IllegalStateException} when it can't be done.
     * @throws IllegalArgumentException when it is no command, and says what would be.
     * @throws IllegalStateException when it can't be done.
     */
    CompletionStage<Answer> run(final String line) {
        final Words words = Words.of(line);
        return words.take(commands).apply(words);
    }

    private CompletionStage<Answer> vf(final Words words) {
        final int vf = takeVf(words);
        return words.take(vfCommands).apply(vf, words);
    }

    private int takeVf(final Words words) {
        return words.takeNumber("the VF", 0, pf.virtualFunctions().size() - 1);
    }

    private CompletionStage<Answer> portVlan(final int vf, final Words words) {
        final int vlan = words.takeNumber("the VLAN", 0, MAX_VLAN);
        final int priority =
                words.takeIf("qos") ? words.takeNumber("the priority", 0, MAX_PRIORITY) : 0;
        final int tpid = words.takeIf("proto") ? words.take(TPIDS) : Ethernet.TPID_8021Q;
        words.end();
        return done(pf.host().portVlan(vf, vlan == 0 ? null : new PortVlan(tpid, vlan, priority)));
    }

    private CompletionStage<Answer> mac(final int vf, final Words words) {
        final MacAddress mac = MacAddress.of(words.take("the address, such as 02:00:00:00:00:01"));
        words.end();
        return done(pf.host().mac(vf, mac));
    }

    private CompletionStage<Answer> trunk(final int vf, final Words words) {
        final BitSet vlans = new BitSet();
        if (!words.takeIf("none")) {
            VlanRanges.parse(words.take("VLANs, such as 100-107,200, or none")).stream()
                    .forEach(vlans::set);
        }
        words.end();
        return done(pf.host().trunk(vf, vlans));
    }

    private CompletionStage<Answer> announcedReset(final int vf, final Words words) {
        words.end();
        return done(pf.host().announcedReset(vf));
    }

    private CompletionStage<Answer> functionLevelReset(final int vf, final Words words) {
        words.end();
        pf.host().resetVirtualFunction(vf);
        return Answer.now();
    }

    private CompletionStage<Answer> link(final Words words) {
        return done(pf.host().portLink(last(words, Map.of("up", true, "down", false))));
    }

    private CompletionStage<Answer> physicalFunction(final Words words) {
        words.take(Map.of("reset", true));
        final boolean isSilent = words.takeIf("silent");
        words.end();
        return done(
                isSilent
                        ? pf.host().resetPhysicalFunctionSilently()
                        : pf.host().resetPhysicalFunction());
    }

    private CompletionStage<Answer> flag(final Words words) {
        final Function<Boolean, CompletionStage<Void>> setter =
                words.take(
                        Map.of(
                                "vf-vlan-pruning", pf.host()::vlanPruning,
                                "vf-true-promisc-support", pf.host()::truePromiscuous));
        return done(setter.apply(lastOnOff(words)));
    }

    private CompletionStage<Answer> fault(final Words words) {
        if (words.takeIf("clear")) {
            words.end();
            faults.clear();
        } else {
            FaultWords.add(words, pf.virtualFunctions().size(), faults);
        }
        return Answer.now();
    }

    private CompletionStage<Answer> inject(final Words words) {
        words.take(Map.of("vf", true));
        final int vf = takeVf(words);
        if (words.take(Map.of("event", true, "delete-vlan", false))) {
            pf.inject().event(vf, last(words, events(vf)));
        } else {
            final int vlan = words.takeNumber("the VLAN", 1, MAX_VLAN);
            words.end();
            pf.inject().deleteVlan(vf, new VlanKey(Ethernet.TPID_8021Q, vlan));
        }
        return Answer.now();
    }

    private Map<String, Event> events(final int vf) {
        final boolean isAdvanced =
                Capability.ADV_LINK_SPEED.isIn(pf.virtualFunction(vf).snapshot().capabilities());
        final int speedMbps = pf.context().linkSpeedMbps();
        return Map.of(
                "reset-impending", new Event.ResetImpending(),
                "pf-close", new Event.PfDriverClose(),
                "link-up", new Event.LinkChange(true, speedMbps, isAdvanced),
                "link-down", new Event.LinkChange(false, 0, isAdvanced));
    }

    private CompletionStage<Answer> show(final Words words) {
        final List<SimulatedVirtualFunction> functions =
                words.takeIf("vf")
                        ? List.of(pf.virtualFunction(takeVf(words)))
                        : pf.virtualFunctions();
        words.end();
        return Answer.now("pf", json -> new PfDump(json).write(pf, functions));
    }

    private CompletionStage<Answer> record(final Words words) {
        final boolean isDump = "dump".equals(words.peek());
        last(
                        words,
                        Map.<String, Runnable>of(
                                "on", () -> recorder.on(true),
                                "off", () -> recorder.on(false),
                                "clear", recorder::clear,
                                "dump", () -> {}))
                .run();
        return isDump ? Answer.now("record", recorder::write) : Answer.now();
    }

    private CompletionStage<Answer> help(final Words words) {
        words.end();
        return Answer.now(
                "help", json -> json.writeArray(HELP.toArray(String[]::new), 0, HELP.size()));
    }

    private static boolean lastOnOff(final Words words) {
        return last(words, Map.of("on", true, "off", false));
    }

    private static <T> T last(final Words words, final Map<String, T> meanings) {
        final T meaning = words.take(meanings);
        words.end();
        return meaning;
    }

    private static CompletionStage<Answer> done(final CompletionStage<Void> stage) {
        return stage.thenApply(nothing -> Answer.DONE);
    }

    /** What a command that was done answers, besides that it was. */
    record Answer(String field, Content content) {
        static final Answer DONE = new Answer("", json -> {});

        /** Writes a JSON value. */
        @FunctionalInterface
        interface Content {
            void write(JsonGenerator json) throws IOException;
        }

        static CompletionStage<Answer> now() {
            return CompletableFuture.completedFuture(DONE);
        }

        static CompletionStage<Answer> now(final String field, final Content content) {
            return CompletableFuture.completedFuture(new Answer(field, content));
        }
    }
}
