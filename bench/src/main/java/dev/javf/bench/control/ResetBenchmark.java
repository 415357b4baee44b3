package dev.javf.bench.control;

import dev.javf.packet.MacAddress;
import dev.javf.sim.SimulatedDelays;
import dev.javf.sim.VfPhase;
import dev.javf.virtchnl.VlanSet;

import org.HdrHistogram.Histogram;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What a reset costs: how long a flow of a frame each millisecond gets no answer, how long the
 * driver doesn't notice, and how long it takes, from the reset and from the PF's "active", until
 * everything that was wanted is at the PF again. javf drives the other end of the flow.
 */
final class ResetBenchmark {
    static final String OUTAGE = "outage";
    static final String UNNOTICED = "until noticed";
    static final String FULL = "until complete";
    static final String AFTER_ACTIVE = "from active until complete";

    private static final SimulatedDelays DELAYS = SimulatedDelays.TYPICAL;
    private static final int SEED = 57;
    private static final int FLOW_VLAN = 1;

    /** Longer than Linux' watchdog sleeps when it is idle. */
    private static final int PHASE_NS = 2_100_000_000;

    private final long stepNs;
    private final List<Measurement> measurements = new ArrayList<>();

    /**
     * A benchmark.
     *
     * @param stepNs of the virtual clock, in nanoseconds; 0 for the system's clock.
     */
    ResetBenchmark(final long stepNs) {
        this.stepNs = stepNs;
    }

    List<Measurement> measurements() {
        return measurements;
    }

    /** Measures one kind of reset. */
    void run(final ResetKind kind, final Rule rule, final int vlans, final int samples) {
        final Histogram outage = Measurement.newHistogram();
        final Histogram unnoticed = Measurement.newHistogram();
        final Histogram full = Measurement.newHistogram();
        final Histogram afterActive = Measurement.newHistogram();
        final SplittableRandom random = new SplittableRandom(SEED);
        try (ControlRig rig = new ControlRig(rule, DELAYS, stepNs, true)) {
            fill(rig, vlans);
            for (int i = 0; i < samples; i++) {
                rig.pause(ControlRig.BETWEEN_RESETS_NS);
                rig.pause(random.nextInt(PHASE_NS));
                final Sample sample = new Sample(rig, kind, vlans);
                outage.recordValue(sample.outageNs);
                unnoticed.recordValue(sample.unnoticedNs);
                full.recordValue(sample.fullNs);
                afterActive.recordValue(sample.afterActiveNs);
            }
        }
        add(kind, OUTAGE, vlans, rule, outage);
        add(kind, UNNOTICED, vlans, rule, unnoticed);
        add(kind, AFTER_ACTIVE, vlans, rule, afterActive);
        add(kind, FULL, vlans, rule, full);
    }

    private void add(
            final ResetKind kind,
            final String what,
            final int vlans,
            final Rule rule,
            final Histogram histogram) {
        final Measurement measurement =
                new Measurement(kind.label() + ": " + what, vlans, rule, histogram, 0);
        measurements.add(measurement);
        System.out.println(measurement.line());
    }

    private static void fill(final ControlRig rig, final int vlans) {
        if (vlans > 0) {
            rig.contestant().addVlans(VlanSet.range(1, vlans));
            rig.peer().addVlans(VlanSet.of(FLOW_VLAN));
        }
        rig.runUntil(() -> rig.isComplete(vlans) && rig.peer().isSettled());
        final MacAddress from = rig.pf().virtualFunction(1).snapshot().defaultMac();
        rig.flow().start(from, vlans > 0 ? FLOW_VLAN : 0, rig.nowNs());
        rig.runUntil(() -> rig.flow().answers() > 0);
    }

    /** One reset, from the moment before it until all is as before. */
    private static final class Sample {
        final long outageNs;
        final long unnoticedNs;
        final long fullNs;
        final long afterActiveNs;

        Sample(final ControlRig rig, final ResetKind kind, final int vlans) {
            rig.flow().forget(rig.nowNs());
            final int before = rig.snapshot().resets();
            final long startNs = rig.nowNs();
            long noticedNs = kind.begin(rig);
            final boolean isReset = kind != ResetKind.LINK_FLAP;
            long activeNs = -1;
            while (activeNs < 0 || noticedNs < 0 || !rig.isComplete(vlans)) {
                rig.step();
                final long nowNs = rig.nowNs();
                if (noticedNs < 0 && !rig.contestant().isUp()) {
                    noticedNs = nowNs;
                }
                if (activeNs < 0 && isActive(rig, isReset, before)) {
                    activeNs = nowNs;
                }
            }
            final long completeNs = rig.nowNs();
            rig.runUntil(() -> rig.flow().lastAnsweredNs() > completeNs);
            outageNs = rig.flow().outageNs();
            unnoticedNs = noticedNs - startNs;
            fullNs = completeNs - startNs;
            afterActiveNs = completeNs - activeNs;
        }

        private static boolean isActive(
                final ControlRig rig, final boolean isReset, final int before) {
            return isReset
                    ? rig.snapshot().resets() != before
                            && rig.snapshot().phase() != VfPhase.IN_RESET
                    : rig.snapshot().isLinkUp();
        }
    }
}
