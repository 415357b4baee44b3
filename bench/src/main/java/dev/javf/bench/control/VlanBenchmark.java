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
 * What adding VLANs, going down and up with VLANs, and recovering them after a reset of the VF
 * takes. Every sample begins at another moment of the drivers' periods, drawn from a seed.
 */
final class VlanBenchmark {
    /** An E810 whose firmware takes no time for a filter: what is left is the mailbox. */
    static final SimulatedDelays NO_HARDWARE_TIME = SimulatedDelays.TYPICAL.withWork(10_000, 0);

    private static final int SEED = 4094;

    /** Longer than Linux' watchdog sleeps while it is busy. */
    private static final int PHASE_NS = 25_000_000;

    private final long stepNs;
    private final SimulatedDelays delays;
    private final List<Measurement> measurements = new ArrayList<>();

    /**
     * A benchmark.
     *
     * @param stepNs of the virtual clock, in nanoseconds; 0 for the system's clock.
     * @param delays of the PF.
     */
    VlanBenchmark(final long stepNs, final SimulatedDelays delays) {
        this.stepNs = stepNs;
        this.delays = delays;
    }

    List<Measurement> measurements() {
        return measurements;
    }

    private void add(final Measurement measurement) {
        measurements.add(measurement);
        System.out.println(measurement.line());
    }

    private static VlanSet vlans(final int count) {
        return VlanSet.range(1, count);
    }

    private ControlRig newRig(final Rule rule) {
        return new ControlRig(rule, delays, stepNs, false);
    }

    private static void pause(final ControlRig rig, final SplittableRandom random) {
        rig.pause(random.nextInt(PHASE_NS));
    }

    /** From the request until the PF has all of them and has said so. */
    void add(final Rule rule, final int count, final int samples) {
        final Histogram histogram = Measurement.newHistogram();
        final SplittableRandom random = new SplittableRandom(SEED);
        try (ControlRig rig = newRig(rule)) {
            for (int i = 0; i < samples; i++) {
                pause(rig, random);
                histogram.recordValue(addOnce(rig, count));
            }
        }
        add(new Measurement("add", count, rule, histogram, Bounds.addNs(delays, count)));
    }

    /**
     * The same for several, in turns, so that all of them run while the machine is equally busy. A
     * tenth of the samples is taken beforehand and thrown away: compilers and caches are warm then.
     */
    void addInTurns(final List<Rule> rules, final int count, final int samples) {
        final List<ControlRig> rigs = new ArrayList<>();
        final List<Histogram> histograms = new ArrayList<>();
        try {
            for (final Rule rule : rules) {
                rigs.add(newRig(rule));
                histograms.add(Measurement.newHistogram());
            }
            for (int i = -samples / 10; i < samples; i++) {
                for (int turn = 0; turn < rigs.size(); turn++) {
                    final long tookNs = addOnce(rigs.get(turn), count);
                    if (i >= 0) {
                        histograms.get(turn).recordValue(tookNs);
                    }
                }
            }
        } finally {
            rigs.forEach(ControlRig::close);
        }
        for (int turn = 0; turn < rules.size(); turn++) {
            add(
                    new Measurement(
                            "add",
                            count,
                            rules.get(turn),
                            histograms.get(turn),
                            Bounds.addNs(delays, count)));
        }
    }

    private static long addOnce(final ControlRig rig, final int count) {
        final long startNs = rig.nowNs();
        rig.contestant().addVlans(vlans(count));
        rig.runUntil(() -> rig.isComplete(count));
        final long tookNs = rig.nowNs() - startNs;
        rig.contestant().removeVlans(vlans(count));
        rig.runUntil(() -> rig.isComplete(0));
        return tookNs;
    }

    /** From the wish to go down, by way of being down, until packets flow in all VLANs again. */
    void downUp(final Rule rule, final int count, final int samples) {
        final Histogram histogram = Measurement.newHistogram();
        final SplittableRandom random = new SplittableRandom(SEED);
        try (ControlRig rig = newRig(rule)) {
            fill(rig, count);
            for (int i = 0; i < samples; i++) {
                pause(rig, random);
                final long startNs = rig.nowNs();
                rig.contestant().down();
                // Linux loses VLANs when it is taken up before it has deleted them all.
                rig.runUntil(() -> rig.contestant().isDown() && rig.contestant().isSettled());
                rig.contestant().up();
                rig.runUntil(() -> rig.isComplete(count));
                histogram.recordValue(rig.nowNs() - startNs);
            }
        }
        add(new Measurement("down and up", count, rule, histogram, Bounds.downUpNs(delays)));
    }

    private static void fill(final ControlRig rig, final int count) {
        if (count > 0) {
            rig.contestant().addVlans(vlans(count));
        }
        rig.runUntil(() -> rig.isComplete(count));
    }

    /**
     * From the PF's "active" after a reset of the VF that it has announced, until packets flow in
     * all VLANs.
     */
    void recovery(final Rule rule, final int count, final int samples) {
        final Histogram histogram = Measurement.newHistogram();
        final SplittableRandom random = new SplittableRandom(SEED);
        try (ControlRig rig = newRig(rule)) {
            // One by one, nothing comes back by itself: the application asks again.
            final boolean isAskedAgain = rule == Rule.SYNCHRONOUS;
            if (!isAskedAgain) {
                fill(rig, count);
            }
            for (int i = 0; i < samples; i++) {
                rig.pause(ControlRig.BETWEEN_RESETS_NS);
                pause(rig, random);
                resetFunction(rig);
                final long startNs = rig.nowNs();
                if (isAskedAgain) {
                    rig.contestant().addVlans(vlans(count));
                }
                rig.runUntil(() -> rig.isComplete(count));
                histogram.recordValue(rig.nowNs() - startNs);
                if (isAskedAgain) {
                    rig.contestant().removeVlans(vlans(count));
                    rig.runUntil(() -> rig.isComplete(0));
                }
            }
        }
        add(new Measurement("recovery", count, rule, histogram, Bounds.recoveryNs(delays, count)));
    }

    /** Sets the VF's address to what it is, which resets it; returns when the PF says "active". */
    static void resetFunction(final ControlRig rig) {
        final MacAddress mac = rig.snapshot().defaultMac();
        final int before = rig.snapshot().resets();
        rig.pf().host().mac(0, mac);
        rig.runUntil(() ->
                rig.snapshot().resets() != before && rig.snapshot().phase() != VfPhase.IN_RESET);
    }
}
