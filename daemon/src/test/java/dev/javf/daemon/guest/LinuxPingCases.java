package dev.javf.daemon.guest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.daemon.guest.LinuxSuite.Body;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;

/** Cases 36 to 51: what the hosts behind the VLAN devices notice of all that. */
final class LinuxPingCases {
    private static final int[] ONE = {100};
    private static final int[] THREE = {100, 101, 102};
    private static final int[] FIVE = {100, 101, 102, 103, 104};
    private static final String OTHERS = "101 102 103 104";
    private static final int PORT_VLAN = 300;

    private final LinuxSuite suite;

    private LinuxPingCases(final LinuxSuite suite) {
        this.suite = suite;
    }

    /** By the suite's names, in its order. */
    static Map<String, Body> all(final LinuxSuite suite) {
        return new LinuxPingCases(suite).all();
    }

    private Map<String, Body> all() {
        final Map<String, Body> cases = new LinkedHashMap<>();
        cases.put("ping: basic VLAN traffic", () -> survive(ONE, () -> {}));
        cases.put("ping: 5 VLANs simultaneously", () -> survive(FIVE, () -> {}));
        cases.put("ping: survives VF down/up", () -> survive(ONE, this::downUp));
        cases.put("ping: survives 10x rapid VF flap", () -> survive(ONE, this::rapidDownUp));
        cases.put("ping: survives VF PCI FLR", () -> survive(ONE, suite::functionLevelReset));
        cases.put("ping: survives PF link flap", () -> survive(ONE, suite::flapLink));
        cases.put("ping: survives PF PCI FLR", () -> survive(ONE, suite::resetPhysicalFunction));
        cases.put("ping: stable while adding/removing other VLANs", this::stable);
        cases.put("ping: all 3 VLANs work after down/up", () -> survive(THREE, this::downUp));
        cases.put("ping: parallel VLAN churn from both VFs", this::churnBoth);
        cases.put("ping: VLANs work after rapid add/del churn", this::churn);
        cases.put("ping: VLANs survive repeated NS move cycle", this::moveNamespace);
        cases.put("ping: all VLANs survive PF link flap", () -> survive(FIVE, suite::flapLink));
        cases.put("ping: VLAN isolation (no cross-VLAN leakage)", this::isolation);
        cases.put("ping: traffic works with spoofchk enabled", this::spoofCheck);
        cases.put("ping: port VLAN (PF-assigned pvid)", this::portVlan);
        return cases;
    }

    private void survive(final int[] vlans, final Body event) throws Exception {
        suite.connect(vlans);
        suite.ping(vlans);
        event.run();
        suite.settle();
        suite.expect(IntStream.of(vlans));
        suite.ping(vlans);
    }

    private void downUp() throws InterruptedException {
        suite.down();
        suite.settle();
        suite.up();
    }

    private void rapidDownUp() throws InterruptedException {
        suite.repeat(10, "link set eth0 down", "link set eth0 up");
        suite.up();
    }

    /** One ping every 50 ms meanwhile; none may be lost. */
    private void stable() throws InterruptedException {
        suite.connect(ONE);
        suite.ping(ONE);
        suite.pair()
                .guest()
                .run(
                        "ip netns exec a ping -q -c 60 -i 0.05 -W 5 10.0.100.2 >/tmp/ping & p=$!; "
                                + churn(0, 10)
                                + "; wait $p; cat /tmp/ping; grep -q ' 0% packet loss' /tmp/ping");
        suite.settle();
        suite.expect(IntStream.of(ONE));
    }

    private void churnBoth() throws InterruptedException {
        suite.connect(ONE);
        suite.pair().guest().run("(" + churn(0, 10) + ") & (" + churn(1, 10) + ") & wait");
        suite.settle();
        suite.ping(ONE);
        for (int vf = 0; vf < 2; vf++) {
            suite.pair().awaitVlans(vf, IntStream.of(ONE));
        }
    }

    /** Adds and removes four other VLANs, again and again. */
    private static String churn(final int vf, final int times) {
        final String device = LinuxPair.device(vf);
        return "for i in $(seq "
                + times
                + "); do for v in "
                + OTHERS
                + "; do echo link add link "
                + device
                + " name "
                + device
                + ".$v type vlan id $v; done; for v in "
                + OTHERS
                + "; do echo link del "
                + device
                + ".$v; done; done | ip -n "
                + LinuxPair.namespace(vf)
                + " -batch -";
    }

    private void churn() throws Exception {
        suite.pair().guest().run(churn(0, 20));
        survive(THREE, () -> {});
    }

    /**
     * VF1's device goes to another namespace and back; its VLAN device, which stays, is made anew.
     */
    private void moveNamespace() throws InterruptedException {
        suite.connect(ONE);
        suite.ping(ONE);
        try {
            for (int i = 0; i < 5; i++) {
                suite.pair()
                        .guest()
                        .run(
                                "ip -n a link set eth0 netns 1 && ip link set eth0 up && ip link"
                                        + " set eth0 netns a && ip -n a link set eth0 up");
                suite.pair().awaitUp(0);
                suite.settle();
                suite.expect(IntStream.of(ONE));
                suite.ip(LinuxSuite.delete(100));
                suite.openLeg(0, 100, 100);
                suite.ping(ONE);
            }
        } finally {
            // The device's own address didn't come along.
            suite.pair().ip(0, "addr replace 10.1.0.1/24 dev eth0");
        }
    }

    private void isolation() throws InterruptedException {
        suite.openLeg(0, 100, 100);
        suite.openLeg(1, 101, 100);
        for (int i = 0; i < 2; i++) {
            assertThat(suite.isAnswered(100)).isFalse();
        }
    }

    private void spoofCheck() throws Exception {
        for (int vf = 0; vf < 2; vf++) {
            ServedFunctions.await(suite.host().spoofCheck(vf, false));
        }
        suite.connect(THREE);
        suite.ping(THREE);
        for (int vf = 0; vf < 2; vf++) {
            ServedFunctions.await(suite.host().spoofCheck(vf, true));
        }
        suite.expect(IntStream.of(THREE));
        suite.ping(THREE);
    }

    private void portVlan() throws Exception {
        suite.portVlan(PORT_VLAN);
        suite.pair().pingUntagged();
        suite.portVlan(null);
        suite.pair().pingUntagged();
    }
}
