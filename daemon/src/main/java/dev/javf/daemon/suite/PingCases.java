package dev.javf.daemon.suite;

import static dev.javf.daemon.suite.Fixture.check;
import static dev.javf.daemon.suite.Fixture.vlans;

import dev.javf.virtchnl.VlanSet;

import java.util.List;
import java.util.concurrent.TimeUnit;

/** Cases 36 to 51: what the hosts behind the functions notice of all that. */
final class PingCases {
    private static final VlanSet MAIN = VlanSet.of(100);
    private static final VlanSet OTHERS = VlanSet.range(101, 104);
    private static final int PORT_VLAN = 300;
    private static final long STEP_NS = TimeUnit.MICROSECONDS.toNanos(170);

    private PingCases() {}

    static List<SuiteCase> all() {
        return List.of(
                new SuiteCase("ping: basic VLAN traffic", f -> survive(f, 1, () -> {})),
                new SuiteCase("ping: 5 VLANs simultaneously", f -> survive(f, 5, () -> {})),
                new SuiteCase("ping: survives VF down/up", f -> survive(f, 1, () -> downUp(f, 1))),
                new SuiteCase(
                        "ping: survives 10x rapid VF flap",
                        f -> survive(f, 1, () -> downUp(f, 10))),
                new SuiteCase(
                        "ping: survives VF PCI FLR", f -> survive(f, 1, f::functionLevelReset)),
                new SuiteCase("ping: survives PF link flap", f -> survive(f, 1, f::flapLink)),
                new SuiteCase(
                        "ping: survives PF PCI FLR", f -> survive(f, 1, f::resetPhysicalFunction)),
                new SuiteCase("ping: stable while adding/removing other VLANs", PingCases::stable),
                new SuiteCase(
                        "ping: all 3 VLANs work after down/up",
                        f -> survive(f, 3, () -> downUp(f, 1))),
                new SuiteCase("ping: parallel VLAN churn from both VFs", PingCases::churnBoth),
                new SuiteCase("ping: VLANs work after rapid add/del churn", PingCases::churn),
                new SuiteCase(
                        "ping: VLANs survive repeated NS move cycle", PingCases::moveNamespace),
                new SuiteCase(
                        "ping: all VLANs survive PF link flap", f -> survive(f, 5, f::flapLink)),
                new SuiteCase("ping: VLAN isolation (no cross-VLAN leakage)", PingCases::isolation),
                new SuiteCase("ping: traffic works with spoofchk enabled", PingCases::spoofCheck),
                new SuiteCase("ping: port VLAN (PF-assigned pvid)", PingCases::portVlan));
    }

    /** Something that happens to the functions. */
    @FunctionalInterface
    private interface Event {
        void happen() throws InterruptedException;
    }

    private static void survive(final Fixture fixture, final int count, final Event event)
            throws InterruptedException {
        fixture.connect(vlans(count));
        fixture.ping(vlans(count));
        event.happen();
        fixture.expect(vlans(count));
        fixture.ping(vlans(count));
    }

    private static void downUp(final Fixture fixture, final int times) throws InterruptedException {
        for (int i = 0; i < times; i++) {
            fixture.down(0);
            if (times == 1) {
                fixture.settle();
            }
            fixture.pass(i * STEP_NS);
            fixture.up(0);
            fixture.pass(i * STEP_NS);
        }
    }

    private static void stable(final Fixture fixture) throws InterruptedException {
        fixture.connect(MAIN);
        fixture.ping(MAIN);
        for (int i = 0; i < 10; i++) {
            fixture.add(0, OTHERS);
            check(fixture.isAnswered(100, 100), "a ping was lost while VLANs were added");
            fixture.remove(0, OTHERS);
            check(fixture.isAnswered(100, 100), "a ping was lost while VLANs were removed");
        }
        fixture.expect(MAIN);
    }

    private static void churnBoth(final Fixture fixture) throws InterruptedException {
        fixture.connect(MAIN);
        for (int i = 0; i < 10; i++) {
            for (int side = 0; side < 2; side++) {
                fixture.inParallel(side, OTHERS, true);
                fixture.pass(i * STEP_NS);
                fixture.inParallel(side, OTHERS, false);
            }
        }
        fixture.ping(MAIN);
        fixture.expect(MAIN);
    }

    private static void churn(final Fixture fixture) throws InterruptedException {
        for (int i = 0; i < 20; i++) {
            fixture.add(0, vlans(3));
            fixture.pass(i * STEP_NS);
            fixture.remove(0, vlans(3));
        }
        survive(fixture, 3, () -> {});
    }

    private static void moveNamespace(final Fixture fixture) throws InterruptedException {
        fixture.connect(MAIN);
        fixture.ping(MAIN);
        for (int i = 0; i < 5; i++) {
            fixture.add(0, OTHERS);
            fixture.system().hosts().moveLeg(0, 100, 100);
            fixture.remove(0, OTHERS);
            fixture.remove(0, MAIN);
            fixture.pass(i * STEP_NS);
            fixture.add(0, MAIN);
            fixture.expect(MAIN);
            fixture.ping(MAIN);
        }
    }

    private static void isolation(final Fixture fixture) throws InterruptedException {
        fixture.add(0, VlanSet.of(100));
        fixture.add(1, VlanSet.of(101));
        fixture.openLeg(0, 100, 100);
        fixture.openLeg(1, 101, 100);
        fixture.settle();
        for (int i = 0; i < 2; i++) {
            check(!fixture.isAnswered(100, 100), "an answer came out of VLAN 101 into VLAN 100");
        }
    }

    private static void spoofCheck(final Fixture fixture) throws InterruptedException {
        fixture.spoofCheck(false);
        fixture.connect(vlans(3));
        fixture.ping(vlans(3));
        fixture.spoofCheck(true);
        fixture.expect(vlans(3));
        fixture.ping(vlans(3));
    }

    private static void portVlan(final Fixture fixture) throws InterruptedException {
        fixture.portVlan(PORT_VLAN);
        fixture.settle();
        for (int side = 0; side < 2; side++) {
            fixture.openLeg(side, 0, 0);
        }
        fixture.ping(0);
        fixture.portVlan(null);
        fixture.settle();
    }
}
