package dev.javf.daemon.guest;

import static dev.javf.daemon.guest.LinuxSuite.add;
import static dev.javf.daemon.guest.LinuxSuite.delete;
import static dev.javf.daemon.guest.LinuxSuite.vlans;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.daemon.guest.LinuxSuite.Body;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;

/** Cases 1 to 23: VLAN devices come and go, the network device goes down and up. */
final class LinuxStateCases {
    private final LinuxSuite suite;

    private LinuxStateCases(final LinuxSuite suite) {
        this.suite = suite;
    }

    /** By the suite's names, in its order. */
    static Map<String, Body> all(final LinuxSuite suite) {
        return new LinuxStateCases(suite).all();
    }

    private Map<String, Body> all() {
        final Map<String, Body> cases = new LinkedHashMap<>();
        cases.put("state: basic add/remove", () -> suite.addAndDelete(100));
        cases.put("state: 8 VLANs add/remove", this::eight);
        cases.put("state: VLAN persists across down/up", () -> persist(1));
        cases.put("state: 5 VLANs persist across down/up", () -> persist(5));
        cases.put("state: rapid add/del same VLAN x100", this::rapid);
        cases.put("state: add during remove (REMOVING race)", this::addDuringRemove);
        cases.put("state: bulk 8 add then remove", this::eight);
        cases.put("state: 20x rapid down/up with VLAN", this::rapidDownUp);
        cases.put("state: add VLAN while down", () -> addWhileDown(1));
        cases.put("state: remove VLAN while down", this::removeWhileDown);
        cases.put("state: down -> remove -> up", this::downRemoveUp);
        cases.put("state: add VLANs while down, verify all after up", () -> addWhileDown(5));
        cases.put("state: double add same VLAN (idempotent)", this::addTwice);
        cases.put("state: double remove same VLAN", this::removeTwice);
        cases.put("state: interleaved add/remove different VIDs", this::interleaved);
        cases.put("state: remove+re-add loop x50", this::removeAndAddLoop);
        cases.put("state: stress 8 VLANs (fill to max)", this::fill);
        cases.put("state: VLAN VID 1 (common edge case)", () -> suite.addAndDelete(1));
        cases.put("state: VLAN VID 4094 (max)", () -> suite.addAndDelete(4094));
        cases.put("state: concurrent VLAN adds (4 parallel)", this::addInParallel);
        cases.put("state: concurrent VLAN deletes (4 parallel)", this::removeInParallel);
        cases.put("state: add/del storm (200 ops, 5 VIDs)", this::storm);
        cases.put("state: over-limit VLAN rejected, existing survive", this::overLimit);
        return cases;
    }

    private void eight() throws InterruptedException {
        suite.addAll(8);
        suite.expect(vlans(8));
        suite.deleteAll(8);
        suite.expectNone();
    }

    private void persist(final int count) throws InterruptedException {
        suite.addAll(count);
        suite.expect(vlans(count));
        final long messages = suite.vlanMessages();
        suite.down();
        suite.expect(vlans(count));
        suite.up();
        suite.settle();
        suite.expect(vlans(count));
        assertThat(suite.vlanMessages()).isEqualTo(messages);
    }

    private void rapid() throws InterruptedException {
        suite.repeat(100, add(100), delete(100));
        suite.expectNone();
        suite.addAndDelete(100);
    }

    private void addDuringRemove() throws InterruptedException {
        suite.addAll(1);
        suite.expect(vlans(1));
        suite.ip(delete(100), add(100));
        suite.settle();
        suite.expect(vlans(1));
    }

    private void rapidDownUp() throws InterruptedException {
        suite.addAll(1);
        suite.repeat(20, "link set eth0 down", "link set eth0 up");
        suite.settle();
        suite.up();
        suite.expect(vlans(1));
    }

    private void addWhileDown(final int count) throws InterruptedException {
        suite.down();
        suite.addAll(count);
        suite.expect(vlans(count));
        suite.up();
        suite.settle();
        suite.expect(vlans(count));
    }

    private void removeWhileDown() throws InterruptedException {
        suite.addAll(1);
        suite.expect(vlans(1));
        suite.down();
        suite.deleteAll(1);
        suite.expectNone();
        suite.up();
        suite.expectNone();
    }

    private void downRemoveUp() throws InterruptedException {
        suite.addAll(2);
        suite.expect(vlans(2));
        suite.ip("link set eth0 down", delete(100), "link set eth0 up");
        suite.settle();
        suite.expect(IntStream.of(101));
    }

    private void addTwice() throws InterruptedException {
        suite.addAll(1);
        assertThat(suite.ip(add(100)).output()).contains("File exists");
        suite.settle();
        suite.expect(vlans(1));
    }

    private void removeTwice() throws InterruptedException {
        suite.addAll(2);
        suite.ip(delete(100));
        assertThat(suite.ip(delete(100)).status()).isNotZero();
        suite.settle();
        suite.expect(IntStream.of(101));
    }

    private void interleaved() throws InterruptedException {
        suite.ip(add(100), add(101), delete(100), add(102), delete(101), add(103));
        suite.settle();
        suite.expect(IntStream.of(102, 103));
    }

    private void removeAndAddLoop() throws InterruptedException {
        suite.addAll(1);
        suite.repeat(50, delete(100), add(100));
        suite.settle();
        suite.expect(vlans(1));
    }

    private void fill() throws InterruptedException {
        for (int round = 0; round < 3; round++) {
            eight();
        }
    }

    private void addInParallel() throws InterruptedException {
        inParallel("link add link eth0 name eth0.$v type vlan id $v");
        suite.expect(vlans(4));
    }

    private void removeInParallel() throws InterruptedException {
        suite.addAll(5);
        suite.expect(vlans(5));
        inParallel("link del eth0.$v");
        suite.expect(IntStream.of(104));
    }

    private void inParallel(final String words) throws InterruptedException {
        suite.pair().guest().run("for v in 100 101 102 103; do ip -n a " + words + " & done; wait");
        suite.settle();
    }

    private void storm() throws InterruptedException {
        suite.repeat(
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
        suite.settle();
        suite.expectNone();
        suite.addAndDelete(100);
    }

    private void overLimit() throws InterruptedException {
        suite.addAll(8);
        suite.expect(vlans(8));
        assertThat(suite.ip(add(108)).output()).contains("Input/output error");
        suite.settle();
        suite.expect(vlans(8));
    }
}
