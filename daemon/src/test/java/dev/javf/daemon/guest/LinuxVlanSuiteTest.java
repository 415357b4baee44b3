package dev.javf.daemon.guest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.daemon.suite.SuiteNames;
import dev.javf.sim.SimulatedDelays;
import dev.javf.sim.SimulatedPhysicalFunctionContext;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The VLAN suite's cases 1 to 23 (state) with Linux's own iavf driver (6.12): names and order are
 * the suite's. What decides is the PF's table once all has settled.
 */
@Tag("proof")
@Timeout(240)
class LinuxVlanSuiteTest {
    private static final String PREFIX = "state: ";

    private LinuxPair pair;

    /** What is done and checked in a case. */
    @FunctionalInterface
    private interface Body {
        void run() throws InterruptedException;
    }

    private static IntStream vlans(final int count) {
        return IntStream.range(100, 100 + count);
    }

    private static String add(final int vlan) {
        return "link add link eth0 name eth0." + vlan + " type vlan id " + vlan;
    }

    private static String delete(final int vlan) {
        return "link del eth0." + vlan;
    }

    /** Runs {@code ip} once with a line for each thing to do; goes on after one that fails. */
    private Guest.Result ip(final String... lines) throws InterruptedException {
        return pair.guest()
                .attempt(
                        "cat <<'END' | ip -n a -force -batch -\n"
                                + String.join("\n", lines)
                                + "\nEND");
    }

    private void repeat(final int times, final String... lines) throws InterruptedException {
        pair.guest()
                .run(
                        "for i in $(seq "
                                + times
                                + "); do cat <<'END'\n"
                                + String.join("\n", lines)
                                + "\nEND\ndone | ip -n a -batch -");
    }

    private void addAll(final int count) throws InterruptedException {
        assertThat(
                        ip(vlans(count).mapToObj(LinuxVlanSuiteTest::add).toArray(String[]::new))
                                .status())
                .isZero();
    }

    private void deleteAll(final int count) throws InterruptedException {
        assertThat(
                        ip(vlans(count).mapToObj(LinuxVlanSuiteTest::delete).toArray(String[]::new))
                                .status())
                .isZero();
    }

    private void expect(final IntStream vlans) throws InterruptedException {
        pair.awaitVlans(0, vlans);
    }

    private void expectNone() throws InterruptedException {
        expect(IntStream.empty());
    }

    private void down() throws InterruptedException {
        pair.ip(0, "link set eth0 down");
    }

    private void up() throws InterruptedException {
        pair.ip(0, "link set eth0 up");
        pair.awaitUp(0);
    }

    private void reset() throws InterruptedException {
        pair.guest()
                .run(
                        "for d in $(ip -n a -o link | grep -o 'eth0[.][0-9]*' | sort -u); do ip -n"
                                + " a link del $d; done");
        up();
        expectNone();
    }

    private Map<String, Body> cases() {
        final Map<String, Body> cases = new LinkedHashMap<>();
        cases.put("basic add/remove", () -> addAndDelete(100));
        cases.put("8 VLANs add/remove", this::eight);
        cases.put("VLAN persists across down/up", () -> persist(1));
        cases.put("5 VLANs persist across down/up", () -> persist(5));
        cases.put(
                "rapid add/del same VLAN x100",
                () -> {
                    repeat(100, add(100), delete(100));
                    expectNone();
                    addAndDelete(100);
                });
        cases.put(
                "add during remove (REMOVING race)",
                () -> {
                    addAll(1);
                    expect(vlans(1));
                    ip(delete(100), add(100));
                    settle();
                    expect(vlans(1));
                });
        cases.put("bulk 8 add then remove", this::eight);
        cases.put(
                "20x rapid down/up with VLAN",
                () -> {
                    addAll(1);
                    repeat(20, "link set eth0 down", "link set eth0 up");
                    settle();
                    up();
                    expect(vlans(1));
                });
        cases.put("add VLAN while down", () -> addWhileDown(1));
        cases.put(
                "remove VLAN while down",
                () -> {
                    addAll(1);
                    expect(vlans(1));
                    down();
                    deleteAll(1);
                    expectNone();
                    up();
                    expectNone();
                });
        cases.put(
                "down -> remove -> up",
                () -> {
                    addAll(2);
                    expect(vlans(2));
                    ip("link set eth0 down", delete(100), "link set eth0 up");
                    settle();
                    expect(IntStream.of(101));
                });
        cases.put("add VLANs while down, verify all after up", () -> addWhileDown(5));
        cases.put(
                "double add same VLAN (idempotent)",
                () -> {
                    addAll(1);
                    assertThat(ip(add(100)).output()).contains("File exists");
                    settle();
                    expect(vlans(1));
                });
        cases.put(
                "double remove same VLAN",
                () -> {
                    addAll(2);
                    ip(delete(100));
                    assertThat(ip(delete(100)).status()).isNotZero();
                    settle();
                    expect(IntStream.of(101));
                });
        cases.put(
                "interleaved add/remove different VIDs",
                () -> {
                    ip(add(100), add(101), delete(100), add(102), delete(101), add(103));
                    settle();
                    expect(IntStream.of(102, 103));
                });
        cases.put(
                "remove+re-add loop x50",
                () -> {
                    addAll(1);
                    repeat(50, delete(100), add(100));
                    settle();
                    expect(vlans(1));
                });
        cases.put(
                "stress 8 VLANs (fill to max)",
                () -> {
                    for (int round = 0; round < 3; round++) {
                        eight();
                    }
                });
        cases.put("VLAN VID 1 (common edge case)", () -> addAndDelete(1));
        cases.put("VLAN VID 4094 (max)", () -> addAndDelete(4094));
        cases.put(
                "concurrent VLAN adds (4 parallel)",
                () -> {
                    inParallel("link add link eth0 name eth0.$v type vlan id $v");
                    expect(vlans(4));
                });
        cases.put(
                "concurrent VLAN deletes (4 parallel)",
                () -> {
                    addAll(5);
                    expect(vlans(5));
                    inParallel("link del eth0.$v");
                    expect(IntStream.of(104));
                });
        cases.put(
                "add/del storm (200 ops, 5 VIDs)",
                () -> {
                    repeat(
                            20,
                            add(100),
                            add(101),
                            delete(100),
                            add(102),
                            delete(101),
                            add(103),
                            delete(102),
                            add(104),
                            delete(104),
                            delete(103));
                    settle();
                    expectNone();
                    addAndDelete(100);
                });
        cases.put(
                "over-limit VLAN rejected, existing survive",
                () -> {
                    addAll(8);
                    expect(vlans(8));
                    assertThat(ip(add(108)).output()).contains("Input/output error");
                    settle();
                    expect(vlans(8));
                });
        return cases;
    }

    /** Until the driver's watchdog has nothing more to send. */
    private void settle() throws InterruptedException {
        int before = -1;
        while (before != pair.asked(0, 0).size()) {
            before = pair.asked(0, 0).size();
            Thread.sleep(300);
        }
    }

    private void addAndDelete(final int vlan) throws InterruptedException {
        ip(add(vlan));
        expect(IntStream.of(vlan));
        ip(delete(vlan));
        expectNone();
    }

    private void eight() throws InterruptedException {
        addAll(8);
        expect(vlans(8));
        deleteAll(8);
        expectNone();
    }

    private void persist(final int count) throws InterruptedException {
        addAll(count);
        expect(vlans(count));
        down();
        expect(vlans(count));
        up();
        settle();
        expect(vlans(count));
    }

    private void addWhileDown(final int count) throws InterruptedException {
        down();
        addAll(count);
        expect(vlans(count));
        up();
        settle();
        expect(vlans(count));
    }

    private void inParallel(final String words) throws InterruptedException {
        pair.guest().run("for v in 100 101 102 103; do ip -n a " + words + " & done; wait");
        settle();
    }

    @Test
    void shouldPassTheStateCases() throws Exception {
        Lab.need();
        final Map<String, Body> cases = cases();
        final List<String> names =
                SuiteNames.all().stream()
                        .filter(name -> name.startsWith(PREFIX))
                        .map(name -> name.substring(PREFIX.length()))
                        .toList();
        assertThat(cases.keySet()).containsExactlyElementsOf(names);
        final Map<String, String> failed = new LinkedHashMap<>();
        pair =
                new LinuxPair(
                        new SimulatedPhysicalFunctionContext().delays(SimulatedDelays.TYPICAL));
        try {
            pair.load();
            pair.connect();
            for (final Map.Entry<String, Body> entry : cases.entrySet()) {
                reset();
                try {
                    entry.getValue().run();
                    System.out.println("  PASS  " + PREFIX + entry.getKey());
                } catch (final AssertionError e) {
                    failed.put(entry.getKey(), String.valueOf(e.getMessage()));
                    System.out.println("  FAIL  " + PREFIX + entry.getKey());
                }
            }
            assertThat(failed).isEmpty();
            pair.expectNoTrouble(List.of("Max allowed VLAN filters 8"));
        } finally {
            pair.close();
        }
    }
}
