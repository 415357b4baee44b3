package dev.javf.iavf;

import dev.javf.iavf.ScheduleActions.AddMac;
import dev.javf.iavf.ScheduleActions.AddVlans;
import dev.javf.iavf.ScheduleActions.Disturb;
import dev.javf.iavf.ScheduleActions.DisturbReset;
import dev.javf.iavf.ScheduleActions.Down;
import dev.javf.iavf.ScheduleActions.FlexibleDescriptors;
import dev.javf.iavf.ScheduleActions.FrameBytes;
import dev.javf.iavf.ScheduleActions.FunctionLevelReset;
import dev.javf.iavf.ScheduleActions.HostMac;
import dev.javf.iavf.ScheduleActions.InPortVlan;
import dev.javf.iavf.ScheduleActions.Link;
import dev.javf.iavf.ScheduleActions.OwnMac;
import dev.javf.iavf.ScheduleActions.PfIsBusy;
import dev.javf.iavf.ScheduleActions.PfReset;
import dev.javf.iavf.ScheduleActions.PortLink;
import dev.javf.iavf.ScheduleActions.Promiscuous;
import dev.javf.iavf.ScheduleActions.QueuePairs;
import dev.javf.iavf.ScheduleActions.RemoveMac;
import dev.javf.iavf.ScheduleActions.RemoveVlans;
import dev.javf.iavf.ScheduleActions.RssFunction;
import dev.javf.iavf.ScheduleActions.RssKey;
import dev.javf.iavf.ScheduleActions.RssPacketTypes;
import dev.javf.iavf.ScheduleActions.RssTable;
import dev.javf.iavf.ScheduleActions.SpoofCheck;
import dev.javf.iavf.ScheduleActions.Statistics;
import dev.javf.iavf.ScheduleActions.Trust;
import dev.javf.iavf.ScheduleActions.Up;
import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.sim.Fault;
import dev.javf.sim.LinkMode;
import dev.javf.sim.PfMode;
import dev.javf.sim.ResetFault;
import dev.javf.sim.ResetKind;
import dev.javf.virtchnl.VlanSet;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.Stream;

/** Makes schedules from seeds: any seed is a schedule, and always the same. */
final class ScheduleGenerator {
    private static final long MS = 1_000_000;
    private static final int VLANS = 200;
    private static final int STEPS_MIN = 10;
    private static final int STEPS_MAX = 40;
    private static final int MACS = 4;
    private static final int QUEUE_PAIRS_MAX = 5;
    private static final int FRAME_BYTES_MAX = 2048;
    private static final int[] STATUSES = {-5, -18, -53, -64, -7};

    /**
     * A kind of step and how often it is chosen. More kinds: add a row.
     *
     * @param weight relative to the others.
     * @param make an action of this kind.
     */
    private record Kind(int weight, Function<ScheduleGenerator, ScheduleStep.Action> make) {}

    private static final List<Kind> KINDS =
            List.of(
                    new Kind(30, g -> new AddVlans(g.tpid(), g.vlans())),
                    new Kind(20, g -> new RemoveVlans(g.tpid(), g.vlans())),
                    new Kind(6, g -> new Up()),
                    new Kind(4, g -> new Down()),
                    new Kind(4, g -> new AddMac(g.mac())),
                    new Kind(2, g -> new RemoveMac(g.mac())),
                    new Kind(3, g -> new Statistics()),
                    new Kind(2, g -> new OwnMac(g.mac())),
                    new Kind(3, g -> new Promiscuous(g.isHeads(), g.isHeads())),
                    new Kind(3, g -> new QueuePairs(g.random.nextInt(1, QUEUE_PAIRS_MAX + 1))),
                    new Kind(2, g -> new FrameBytes(g.random.nextInt(60, FRAME_BYTES_MAX + 1))),
                    new Kind(1, g -> new FlexibleDescriptors(g.isHeads())),
                    new Kind(1, g -> new RssKey(g.random.nextInt(128))),
                    new Kind(2, g -> new RssTable(g.isHeads())),
                    new Kind(1, g -> new RssFunction(g.isHeads())),
                    new Kind(1, g -> new RssPacketTypes(1L << g.random.nextInt(29, 47))),
                    new Kind(1, g -> new HostMac(g.isHeads() ? MacAddress.ZERO : g.mac())),
                    new Kind(2, g -> new Trust(g.random.nextBoolean())),
                    new Kind(1, g -> new InPortVlan(g.random.nextInt(3) == 0 ? 7 : 0)),
                    new Kind(1, g -> new SpoofCheck(g.random.nextBoolean())),
                    new Kind(1, g -> new Link(g.any(LinkMode.values()))),
                    new Kind(1, g -> new PortLink(g.random.nextBoolean())),
                    new Kind(2, g -> new FunctionLevelReset()),
                    new Kind(1, g -> new PfReset(g.random.nextBoolean())),
                    new Kind(1, g -> new PfIsBusy(g.random.nextLong(3_000 * MS))),
                    new Kind(2, g -> new DisturbReset(g.resetFault())),
                    new Kind(20, g -> new Disturb(g.random.nextInt(4), g.fault())));

    /** The ways to lose a VF, as often as everything else together. */
    private static final List<Kind> RESETS =
            List.of(
                    new Kind(15, g -> new FunctionLevelReset()),
                    new Kind(10, g -> new Trust(g.random.nextBoolean())),
                    new Kind(10, g -> new PfReset(g.random.nextBoolean())),
                    new Kind(10, g -> new DisturbReset(g.resetFault())),
                    new Kind(15, g -> new Disturb(g.random.nextInt(4), g.reset())),
                    new Kind(8, g -> new ScheduleResets.Announced(g.random.nextInt(1, 3))),
                    new Kind(4, g -> new ScheduleResets.DriverCloses(g.random.nextBoolean())),
                    new Kind(
                            3,
                            g ->
                                    new ScheduleResets.Storm(
                                            g.random.nextInt(2, 10), g.random.nextLong(20 * MS))),
                    new Kind(5, g -> new ScheduleResets.Vanish(g.random.nextLong(200 * MS))),
                    new Kind(4, g -> new ScheduleResets.PciError()));

    private final List<Kind> kinds;
    private final int weights;
    private final SplittableRandom random;
    private final PfMode mode;
    private final boolean isFaulty;

    private ScheduleGenerator(final SplittableRandom random, final List<Kind> kinds) {
        this.random = random;
        this.kinds = kinds;
        weights = kinds.stream().mapToInt(Kind::weight).sum();
        mode = any(PfMode.values());
        isFaulty = random.nextInt(5) > 0;
    }

    /** The schedule of a seed. */
    static Schedule generate(final long seed) {
        return generate(seed, KINDS);
    }

    /** The schedule of a seed with many resets. */
    static Schedule generateWithResets(final long seed) {
        return generate(seed, Stream.concat(KINDS.stream(), RESETS.stream()).toList());
    }

    private static Schedule generate(final long seed, final List<Kind> kinds) {
        final ScheduleGenerator generator =
                new ScheduleGenerator(new SplittableRandom(seed), kinds);
        return new Schedule(seed, generator.mode, generator.steps());
    }

    private List<ScheduleStep> steps() {
        final List<ScheduleStep> steps = new ArrayList<>();
        if (random.nextInt(3) == 0) {
            steps.add(new ScheduleStep(0, new Trust(true)));
        }
        final int count = random.nextInt(STEPS_MIN, STEPS_MAX);
        while (steps.size() < count) {
            final ScheduleStep.Action action = action();
            if (isFaulty || !(action instanceof Disturb)) {
                steps.add(new ScheduleStep(pauseNs(), action));
            }
        }
        return List.copyOf(steps);
    }

    private ScheduleStep.Action action() {
        int at = random.nextInt(weights);
        for (final Kind kind : kinds) {
            at -= kind.weight;
            if (at < 0) {
                return kind.make.apply(this);
            }
        }
        throw new IllegalStateException("weights");
    }

    /** Mostly so short that things overlap, and sometimes longer than a deadline. */
    private long pauseNs() {
        return switch (random.nextInt(16)) {
            case 0, 1, 2, 3 -> 0;
            case 4, 5, 6, 7, 8, 9 -> random.nextLong(2 * MS);
            case 10, 11, 12, 13, 14 -> random.nextLong(40 * MS);
            default -> random.nextInt(8) == 0 ? 12_000 * MS : random.nextLong(2_500 * MS);
        };
    }

    private VlanSet vlans() {
        final int first = random.nextInt(1, VLANS + 1);
        final int size =
                switch (random.nextInt(8)) {
                    case 0 -> VLANS;
                    case 1, 2 -> random.nextInt(1, VLANS);
                    default -> random.nextInt(1, 6);
                };
        // Low ids more often, so that requests meet.
        final int from = random.nextBoolean() ? first : 1 + first % 12;
        return VlanSet.range(from, Math.min(VLANS, from + size - 1));
    }

    /** i40e tells filters apart by VLAN id alone, which nobody can know. */
    private int tpid() {
        return mode == PfMode.ICE_V2_DVM && random.nextInt(4) == 0
                ? Ethernet.TPID_8021AD
                : Ethernet.TPID_8021Q;
    }

    private boolean isHeads() {
        return random.nextBoolean();
    }

    private MacAddress mac() {
        return new MacAddress(0x0200_0000_0100L + random.nextInt(MACS));
    }

    private Fault fault() {
        return switch (random.nextInt(7)) {
            case 0 -> new Fault.LoseRequest();
            case 1 -> new Fault.LoseAnswer();
            case 2 -> new Fault.DuplicateAnswer(random.nextLong(20 * MS));
            case 3 -> new Fault.Fail(STATUSES[random.nextInt(STATUSES.length)]);
            case 4 -> new Fault.FailElement(random.nextInt(4));
            case 5 -> reset();
            default -> new Fault.StaleEvent(random.nextBoolean(), random.nextLong(5 * MS));
        };
    }

    private Fault reset() {
        return new Fault.Reset(any(ResetKind.values()), any(Fault.Point.values()));
    }

    private ResetFault resetFault() {
        return new ResetFault(
                random.nextLong(50 * MS), random.nextLong(100 * MS), random.nextInt(8) == 0);
    }

    private <T> T any(final T[] values) {
        return values[random.nextInt(values.length)];
    }
}
