package dev.javf.daemon.guest;

import static dev.javf.daemon.guest.LinuxSuite.vlans;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.daemon.guest.LinuxSuite.Body;

import java.util.LinkedHashMap;
import java.util.Map;

/** Cases 24 to 35: VLANs survive resets and link flaps; unbind and bind. */
final class LinuxResetCases {
    private static final String DRIVER = "/sys/bus/pci/drivers/iavf/";
    private static final String FUNCTION = LinuxPair.PCI.getFirst();

    private final LinuxSuite suite;

    private LinuxResetCases(final LinuxSuite suite) {
        this.suite = suite;
    }

    /** By the suite's names, in its order. */
    static Map<String, Body> all(final LinuxSuite suite) {
        return new LinuxResetCases(suite).all();
    }

    private Map<String, Body> all() {
        final Map<String, Body> cases = new LinkedHashMap<>();
        cases.put("reset: VLANs recover after VF PCI FLR", () -> vfReset(1));
        cases.put("reset: 5 VLANs recover after VF PCI FLR", () -> vfReset(5));
        cases.put("reset: rapid VF resets x5 with VLANs", this::rapidVfResets);
        cases.put("reset: VLANs survive PF link flap", () -> flap(1, 1));
        cases.put("reset: 5 VLANs survive PF link flap", () -> flap(5, 1));
        cases.put("reset: VLANs survive 3x PF link flap", () -> flap(1, 3));
        cases.put("reset: VLANs survive PF PCI FLR", () -> pfReset(1));
        cases.put("reset: all 8 VLANs recover after VF FLR", () -> vfReset(8));
        cases.put("reset: all 8 VLANs survive PF link flap", () -> flap(8, 1));
        cases.put("reset: all 8 VLANs survive PF PCI FLR", () -> pfReset(8));
        cases.put("reset: FLR during VLAN add/del (race)", this::resetDuringChanges);
        cases.put("reset: VF driver unbind/bind cycle", this::rebind);
        return cases;
    }

    private void have(final int count) throws InterruptedException {
        suite.addAll(count);
        suite.expect(vlans(count));
    }

    private void vfReset(final int count) throws InterruptedException {
        have(count);
        suite.functionLevelReset();
        suite.expect(vlans(count));
    }

    private void rapidVfResets() throws InterruptedException {
        have(3);
        suite.pair()
                .guest()
                .run(
                        "for i in 0 0.01 0.03 0.05; do echo 1 >/sys/bus/pci/devices/"
                                + FUNCTION
                                + "/reset; sleep $i; done");
        suite.functionLevelReset();
        suite.expect(vlans(3));
    }

    private void flap(final int count, final int flaps) throws Exception {
        have(count);
        final long messages = suite.vlanMessages();
        for (int i = 0; i < flaps; i++) {
            suite.flapLink();
        }
        suite.settle();
        suite.expect(vlans(count));
        assertThat(suite.vlanMessages()).isEqualTo(messages);
    }

    private void pfReset(final int count) throws Exception {
        have(count);
        suite.resetPhysicalFunction();
        suite.expect(vlans(count));
    }

    /** VLANs are added and removed all the time while the function is reset, three times. */
    private void resetDuringChanges() throws InterruptedException {
        for (int round = 0; round < 3; round++) {
            final int resets = suite.pair().held(0).resets();
            suite.pair()
                    .guest()
                    .run(
                            "(for i in $(seq 15); do for v in 100 101 102 103; do echo \"link add"
                                    + " link eth0 name eth0.$v type vlan id $v\"; done; for v in"
                                    + " 100 101 102 103; do echo \"link del eth0.$v\"; done; done"
                                    + " | ip -n a -force -batch - ) & sleep 0.1; echo 1"
                                    + " >/sys/bus/pci/devices/"
                                    + FUNCTION
                                    + "/reset; wait");
            suite.pair().awaitRecovery(0, resets);
            suite.settle();
            suite.expectNone();
        }
        suite.addAndDelete(100);
    }

    private void rebind() throws InterruptedException {
        have(2);
        suite.pair().guest().run("echo " + FUNCTION + " >" + DRIVER + "unbind");
        suite.pair().await(0, LinuxPair::isUntouched, "untouched");
        suite.pair().guest().run("echo " + FUNCTION + " >" + DRIVER + "bind");
        suite.pair().guest().run("while [ ! -e /sys/class/net/eth0 ]; do sleep 0.1; done");
        suite.pair().move(0);
        suite.expectNone();
        suite.connect(100);
        suite.ping(100);
    }
}
