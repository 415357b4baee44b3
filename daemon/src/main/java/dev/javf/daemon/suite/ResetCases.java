package dev.javf.daemon.suite;

import static dev.javf.daemon.suite.Fixture.vlans;

import dev.javf.virtchnl.VlanSet;

import java.util.List;
import java.util.concurrent.TimeUnit;

/** Cases 24 to 35: VLANs survive resets, link flaps and another start of the driver. */
final class ResetCases {
    private static final long RACE_STEP_NS = TimeUnit.MICROSECONDS.toNanos(130);
    private static final long RESET_GAP_NS = TimeUnit.MILLISECONDS.toNanos(13);

    private static final VlanSet RACE_VLAN = VlanSet.of(110);

    private ResetCases() {}

    static List<SuiteCase> all() {
        return List.of(
                of("reset: VLANs recover after VF PCI FLR", 1, f -> vfReset(f, 1)),
                of("reset: 5 VLANs recover after VF PCI FLR", 5, f -> vfReset(f, 5)),
                of("reset: rapid VF resets x5 with VLANs", 3, ResetCases::rapidVfResets),
                of("reset: VLANs survive PF link flap", 1, f -> flap(f, 1, 1)),
                of("reset: 5 VLANs survive PF link flap", 5, f -> flap(f, 5, 1)),
                of("reset: VLANs survive 3x PF link flap", 1, f -> flap(f, 1, 3)),
                of("reset: VLANs survive PF PCI FLR", 1, f -> pfReset(f, 1)),
                of("reset: all 8 VLANs recover after VF FLR", 8, f -> vfReset(f, 8)),
                of("reset: all 8 VLANs survive PF link flap", 8, f -> flap(f, 8, 1)),
                of("reset: all 8 VLANs survive PF PCI FLR", 8, f -> pfReset(f, 8)),
                new SuiteCase(
                        "reset: FLR during VLAN add/del (race)",
                        vlans(4).plus(RACE_VLAN),
                        ResetCases::resetDuringChanges),
                of("reset: VF driver unbind/bind cycle", 2, ResetCases::rebind));
    }

    private static SuiteCase of(final String name, final int count, final SuiteCase.Body body) {
        return new SuiteCase(name, vlans(count), body);
    }

    private static void have(final Fixture fixture, final int count) throws InterruptedException {
        if (count == vlans(8).size()) {
            StateCases.fillWithEight(fixture);
        } else {
            fixture.add(0, vlans(count));
            fixture.expect(vlans(count));
        }
    }

    private static void vfReset(final Fixture fixture, final int count)
            throws InterruptedException {
        have(fixture, count);
        fixture.functionLevelReset();
        fixture.expect(vlans(count));
    }

    private static void rapidVfResets(final Fixture fixture) throws InterruptedException {
        have(fixture, 3);
        for (int i = 0; i < 5; i++) {
            fixture.beginFunctionLevelReset();
            fixture.pass(i * RESET_GAP_NS);
        }
        fixture.functionLevelReset();
        fixture.expect(vlans(3));
    }

    private static void flap(final Fixture fixture, final int count, final int flaps)
            throws InterruptedException {
        have(fixture, count);
        final long messages = fixture.vlanMessages();
        for (int i = 0; i < flaps; i++) {
            fixture.flapLink();
        }
        fixture.expect(vlans(count));
        fixture.expectNoVlanMessagesSince(messages);
    }

    private static void pfReset(final Fixture fixture, final int count)
            throws InterruptedException {
        have(fixture, count);
        fixture.resetPhysicalFunction();
        fixture.expect(vlans(count));
    }

    private static void resetDuringChanges(final Fixture fixture) throws InterruptedException {
        for (int i = 0; i < 8; i++) {
            fixture.add(0, vlans(4));
            fixture.pass(i * RACE_STEP_NS);
            fixture.remove(0, vlans(2));
            fixture.beginFunctionLevelReset();
            fixture.add(0, RACE_VLAN);
            fixture.pass(i * RACE_STEP_NS);
            fixture.remove(0, RACE_VLAN);
            fixture.functionLevelReset();
            fixture.expect(VlanSet.of(102, 103));
            fixture.remove(0, VlanSet.of(102, 103));
        }
        fixture.add(0, vlans(1));
        fixture.expect(vlans(1));
        fixture.remove(0, vlans(1));
        fixture.expect(VlanSet.EMPTY);
    }

    private static void rebind(final Fixture fixture) throws InterruptedException {
        have(fixture, 2);
        fixture.rebind();
        fixture.expect(VlanSet.EMPTY);
        fixture.connect(vlans(1));
        fixture.ping(vlans(1));
        fixture.expect(vlans(1));
    }
}
