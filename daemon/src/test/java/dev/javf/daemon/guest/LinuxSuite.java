package dev.javf.daemon.guest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.sim.HostAdministrator;
import dev.javf.sim.PortVlan;
import dev.javf.sim.SimulatedDelays;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.testing.Awaiting;
import dev.javf.virtchnl.Opcode;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What the cases of the VLAN suite do with Linux's own iavf driver, and what they look at: the PF's
 * table decides, once all has settled. {@code eth0} is the suite's VF1, {@code eth1} its VF2.
 */
final class LinuxSuite implements AutoCloseable {
    /** How the driver says that it refuses a ninth VLAN. */
    private static final String FULL = "Max allowed VLAN filters 8";

    /** How it says that it has found out about a function-level reset. */
    private static final String RESET_FOUND = "Hardware reset detected";

    private static final long SETTLE_NS = TimeUnit.MILLISECONDS.toNanos(300);

    private final LinuxPair pair;

    /** What is done and checked in a case. */
    @FunctionalInterface
    interface Body {
        void run() throws Exception;
    }

    /** Boots a guest, and loads the driver. */
    LinuxSuite() throws IOException, InterruptedException {
        pair =
                new LinuxPair(
                        new SimulatedPhysicalFunctionContext().delays(SimulatedDelays.TYPICAL));
        try {
            pair.load();
            pair.connect();
        } catch (final Throwable e) {
            pair.close();
            throw e;
        }
    }

    LinuxPair pair() {
        return pair;
    }

    HostAdministrator host() {
        return pair.functions().pf().host();
    }

    /** VLANs from 100 on. */
    static IntStream vlans(final int count) {
        return IntStream.range(100, 100 + count);
    }

    static String add(final int vlan) {
        return add(0, vlan);
    }

    static String add(final int vf, final int vlan) {
        final String device = LinuxPair.device(vf);
        return "link add link " + device + " name " + device + "." + vlan + " type vlan id " + vlan;
    }

    static String delete(final int vlan) {
        return delete(0, vlan);
    }

    static String delete(final int vf, final int vlan) {
        return "link del " + LinuxPair.device(vf) + "." + vlan;
    }

    /**
     * Runs each case from a clean start, and goes on after one that fails.
     *
     * @param cases by their names, in their order.
     * @return what was wrong, by the names of those that failed.
     */
    Map<String, String> run(final Map<String, Body> cases) throws Exception {
        final Map<String, String> failed = new TreeMap<>();
        for (final Map.Entry<String, Body> entry : cases.entrySet()) {
            final long beginNs = System.nanoTime();
            String verdict = "PASS";
            try {
                reset();
                entry.getValue().run();
            } catch (final AssertionError e) {
                failed.put(entry.getKey(), String.valueOf(e.getMessage()));
                verdict = "FAIL";
            }
            System.out.printf(
                    "  %s  %s  (%d ms)%n",
                    verdict, entry.getKey(), (System.nanoTime() - beginNs) / 1_000_000);
        }
        return failed;
    }

    /** Two devices that are up and have no VLAN, whatever a case has left behind. */
    private void reset() throws Exception {
        ServedFunctions.await(host().portLink(true));
        for (int vf = 0; vf < 2; vf++) {
            ServedFunctions.await(host().portVlan(vf, null));
            ServedFunctions.await(host().spoofCheck(vf, true));
        }
        pair.guest()
                .run(
                        "for n in a b; do ip -n $n -o link | grep -o 'eth[01][.][0-9]*' | sort -u |"
                            + " sed 's/^/link del /' | ip -n $n -batch -; done; ip -n a link set"
                            + " eth0 up; ip -n b link set eth1 up");
        for (int vf = 0; vf < 2; vf++) {
            pair.awaitUp(vf);
            pair.awaitVlans(vf, IntStream.empty());
        }
    }

    /** Runs {@code ip} once with a line for each thing to do; goes on after one that fails. */
    Guest.Result ip(final String... lines) throws InterruptedException {
        return ip(0, Arrays.stream(lines));
    }

    private Guest.Result ip(final int vf, final Stream<String> lines) throws InterruptedException {
        return pair.guest()
                .attempt(
                        "cat <<'END' | ip -n "
                                + LinuxPair.namespace(vf)
                                + " -force -batch -\n"
                                + lines.collect(Collectors.joining("\n"))
                                + "\nEND");
    }

    /** The same lines a number of times, as fast as {@code ip} can. */
    void repeat(final int times, final String... lines) throws InterruptedException {
        pair.guest()
                .run(
                        "for i in $(seq "
                                + times
                                + "); do cat <<'END'\n"
                                + String.join("\n", lines)
                                + "\nEND\ndone | ip -n a -batch -");
    }

    void addAll(final int count) throws InterruptedException {
        assertThat(ip(0, vlans(count).mapToObj(LinuxSuite::add)).status()).isZero();
    }

    void deleteAll(final int count) throws InterruptedException {
        assertThat(ip(0, vlans(count).mapToObj(LinuxSuite::delete)).status()).isZero();
    }

    /** Waits until the PF holds exactly these for VF1. */
    void expect(final IntStream vlans) throws InterruptedException {
        pair.awaitVlans(0, vlans);
    }

    void expectNone() throws InterruptedException {
        expect(IntStream.empty());
    }

    void down() throws InterruptedException {
        pair.ip(0, "link set eth0 down");
    }

    void up() throws InterruptedException {
        pair.ip(0, "link set eth0 up");
        pair.awaitUp(0);
    }

    /** Until the driver's watchdog has had nothing more to send for a while. */
    void settle() {
        final int[] sent = {-1};
        final long[] sinceNs = {0};
        Awaiting.until(
                "the driver to have nothing more to send",
                () -> {
                    final int now = pair.asked(0, 0).size();
                    if (now != sent[0]) {
                        sent[0] = now;
                        sinceNs[0] = System.nanoTime();
                    }
                    return System.nanoTime() - sinceNs[0] > SETTLE_NS;
                });
    }

    void addAndDelete(final int vlan) throws InterruptedException {
        ip(add(vlan));
        expect(IntStream.of(vlan));
        ip(delete(vlan));
        expectNone();
    }

    /** VLAN devices on both sides, with addresses. */
    void connect(final int... vlans) throws InterruptedException {
        for (int side = 0; side < 2; side++) {
            final int vf = side;
            assertThat(
                            ip(
                                            vf,
                                            Arrays.stream(vlans)
                                                    .boxed()
                                                    .flatMap(vlan -> leg(vf, vlan, vlan)))
                                    .status())
                    .isZero();
            pair.awaitVlans(vf, IntStream.of(vlans));
        }
    }

    /** A VLAN device in a subnet, line by line. */
    static Stream<String> leg(final int vf, final int vlan, final int subnet) {
        final String device = LinuxPair.device(vf) + "." + vlan;
        return Stream.of(
                add(vf, vlan),
                "link set " + device + " up",
                "addr add 10.0." + subnet + "." + (vf + 1) + "/24 dev " + device);
    }

    /** Runs the lines of {@link #leg}. */
    void openLeg(final int vf, final int vlan, final int subnet) throws InterruptedException {
        assertThat(ip(vf, leg(vf, vlan, subnet)).status()).isZero();
        pair.awaitVlans(vf, IntStream.of(vlan));
    }

    /** Fails unless VF2's host answers VF1's in each VLAN, if need be after a few attempts. */
    void ping(final int... vlans) throws InterruptedException {
        pair.guest()
                .run(
                        "p=; for v in "
                                + words(vlans)
                                + "; do ip netns exec a ping -q -c 2 -i 0.2 -w 15 10.0.$v.2 &"
                                + " p=\"$p $!\"; done; for i in $p; do wait $i || exit 1; done");
    }

    /** Whether VF2's host answers VF1's within a second. */
    boolean isAnswered(final int subnet) throws InterruptedException {
        return pair.guest()
                        .attempt("ip netns exec a ping -q -c 1 -W 1 10.0." + subnet + ".2")
                        .status()
                == 0;
    }

    static String words(final int... vlans) {
        return Arrays.stream(vlans).mapToObj(String::valueOf).collect(Collectors.joining(" "));
    }

    /** A function-level reset of VF1, through sysfs; waits for the driver's recovery. */
    void functionLevelReset() throws InterruptedException {
        final int resets = pair.held(0).resets();
        pair.guest().run("echo 1 >/sys/bus/pci/devices/" + LinuxPair.PCI.getFirst() + "/reset");
        pair.awaitRecovery(0, resets);
    }

    /** Resets the PF and with it both VFs; waits for the driver's recovery. */
    void resetPhysicalFunction() throws Exception {
        final int[] resets = {pair.held(0).resets(), pair.held(1).resets()};
        ServedFunctions.await(host().resetPhysicalFunction());
        for (int vf = 0; vf < 2; vf++) {
            pair.awaitRecovery(vf, resets[vf]);
        }
    }

    /** Takes the PF's link down and up; both VFs have to see both. */
    void flapLink() throws Exception {
        ServedFunctions.await(host().portLink(false));
        for (int vf = 0; vf < 2; vf++) {
            pair.guest()
                    .run(
                            "for i in $(seq 100); do ip -n "
                                    + LinuxPair.namespace(vf)
                                    + " link show "
                                    + LinuxPair.device(vf)
                                    + " | grep -q NO-CARRIER && exit 0; sleep 0.1; done; exit 1");
        }
        ServedFunctions.await(host().portLink(true));
        for (int vf = 0; vf < 2; vf++) {
            pair.awaitUp(vf);
        }
    }

    /** {@code ip link set PF vf N vlan VLAN}, for both; null takes them out. */
    void portVlan(final @Nullable Integer vlan) throws Exception {
        for (int vf = 0; vf < 2; vf++) {
            final int resets = pair.held(vf).resets();
            ServedFunctions.await(
                    host().portVlan(vf, vlan == null ? null : new PortVlan(0x8100, vlan, 0)));
            pair.awaitRecovery(vf, resets);
        }
    }

    /** How many messages about VLAN filters VF1's driver has sent so far. */
    long vlanMessages() {
        return pair.trace().requests(0, 0).stream()
                .filter(opcode -> opcode == Opcode.ADD_VLAN_V2 || opcode == Opcode.DEL_VLAN_V2)
                .count();
    }

    /** Case 52. */
    void expectNoTrouble() throws InterruptedException {
        pair.expectNoTrouble(List.of(FULL, RESET_FOUND));
    }

    @Override
    public void close() {
        pair.close();
    }
}
