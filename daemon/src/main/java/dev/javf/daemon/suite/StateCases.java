package dev.javf.daemon.suite;

import static dev.javf.daemon.suite.Fixture.check;
import static dev.javf.daemon.suite.Fixture.vlans;

import dev.javf.virtchnl.VlanSet;

import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/** Cases 1 to 23: VLANs come and go, the function goes down and up. */
final class StateCases {
    private static final int STORM_SEED = 22;

    /** A little more than a message takes, so that loops meet it at every point. */
    private static final long STEP_NS = TimeUnit.MICROSECONDS.toNanos(37);

    private StateCases() {}

    static List<SuiteCase> all() {
        return List.of(
                new SuiteCase("state: basic add/remove", fixture -> addAndRemove(fixture, 100)),
                new SuiteCase("state: 8 VLANs add/remove", StateCases::addAndRemoveEight),
                new SuiteCase("state: VLAN persists across down/up", f -> persist(f, 1)),
                new SuiteCase("state: 5 VLANs persist across down/up", f -> persist(f, 5)),
                new SuiteCase("state: rapid add/del same VLAN x100", StateCases::rapid),
                new SuiteCase(
                        "state: add during remove (REMOVING race)", StateCases::addDuringRemove),
                new SuiteCase("state: bulk 8 add then remove", StateCases::bulk),
                new SuiteCase("state: 20x rapid down/up with VLAN", StateCases::rapidDownUp),
                new SuiteCase("state: add VLAN while down", f -> addWhileDown(f, 1)),
                new SuiteCase("state: remove VLAN while down", StateCases::removeWhileDown),
                new SuiteCase("state: down -> remove -> up", StateCases::downRemoveUp),
                new SuiteCase(
                        "state: add VLANs while down, verify all after up",
                        f -> addWhileDown(f, 5)),
                new SuiteCase("state: double add same VLAN (idempotent)", StateCases::addTwice),
                new SuiteCase("state: double remove same VLAN", StateCases::removeTwice),
                new SuiteCase(
                        "state: interleaved add/remove different VIDs", StateCases::interleaved),
                new SuiteCase("state: remove+re-add loop x50", StateCases::removeAndAddLoop),
                new SuiteCase("state: stress 8 VLANs (fill to max)", StateCases::fill),
                new SuiteCase("state: VLAN VID 1 (common edge case)", f -> addAndRemove(f, 1)),
                new SuiteCase("state: VLAN VID 4094 (max)", f -> addAndRemove(f, 4094)),
                new SuiteCase(
                        "state: concurrent VLAN adds (4 parallel)", StateCases::addInParallel),
                new SuiteCase(
                        "state: concurrent VLAN deletes (4 parallel)",
                        StateCases::removeInParallel),
                new SuiteCase("state: add/del storm (200 ops, 5 VIDs)", StateCases::storm),
                new SuiteCase(
                        "state: over-limit VLAN rejected, existing survive",
                        StateCases::overLimit));
    }

    private static void addAndRemove(final Fixture fixture, final int vlan)
            throws InterruptedException {
        fixture.add(0, VlanSet.of(vlan));
        fixture.expect(VlanSet.of(vlan));
        fixture.remove(0, VlanSet.of(vlan));
        fixture.expect(VlanSet.EMPTY);
    }

    private static void addAndRemoveEight(final Fixture fixture) throws InterruptedException {
        fillWithEight(fixture);
        fixture.remove(0, vlans(8));
        fixture.expect(VlanSet.EMPTY);
    }

    /** One after the other, as people do. */
    static void fillWithEight(final Fixture fixture) throws InterruptedException {
        for (final int vlan : vlans(8).stream().toArray()) {
            fixture.add(0, VlanSet.of(vlan));
        }
        fixture.expect(vlans(8));
        if (fixture.vlansMax() < vlans(8).size()) {
            fixture.note(
                    "the PF says SUCCESS to 8 and installs "
                            + fixture.system().held(0).size()
                            + ", as it should");
        }
    }

    private static void persist(final Fixture fixture, final int count)
            throws InterruptedException {
        fixture.add(0, vlans(count));
        fixture.expect(vlans(count));
        final long messages = fixture.vlanMessages();
        fixture.down(0);
        fixture.expect(vlans(count));
        fixture.up(0);
        fixture.expect(vlans(count));
        fixture.expectNoVlanMessagesSince(messages);
    }

    private static void rapid(final Fixture fixture) throws InterruptedException {
        for (int i = 0; i < 100; i++) {
            fixture.add(0, vlans(1));
            fixture.pass(i * STEP_NS);
            fixture.remove(0, vlans(1));
        }
        fixture.expect(VlanSet.EMPTY);
        fixture.add(0, vlans(1));
        fixture.expect(vlans(1));
    }

    private static void addDuringRemove(final Fixture fixture) throws InterruptedException {
        // The second request meets the first one waiting, on its way there, at work, on its way
        // back.
        for (int i = 0; i < 30; i++) {
            fixture.add(0, vlans(1));
            fixture.expect(vlans(1));
            fixture.remove(0, vlans(1));
            fixture.pass(i * STEP_NS);
            fixture.add(0, vlans(1));
            fixture.expect(vlans(1));
            fixture.remove(0, vlans(1));
            fixture.expect(VlanSet.EMPTY);
        }
    }

    private static void bulk(final Fixture fixture) throws InterruptedException {
        fixture.add(0, vlans(8));
        fixture.remove(0, vlans(8));
        fixture.expect(VlanSet.EMPTY);
    }

    private static void rapidDownUp(final Fixture fixture) throws InterruptedException {
        fixture.add(0, vlans(1));
        fixture.expect(vlans(1));
        final long messages = fixture.vlanMessages();
        for (int i = 0; i < 20; i++) {
            fixture.down(0);
            fixture.pass(i * STEP_NS);
            fixture.up(0);
            fixture.pass(i * STEP_NS);
        }
        fixture.expect(vlans(1));
        fixture.expectNoVlanMessagesSince(messages);
    }

    private static void addWhileDown(final Fixture fixture, final int count)
            throws InterruptedException {
        fixture.down(0);
        fixture.settle();
        for (final int vlan : vlans(count).stream().toArray()) {
            fixture.add(0, VlanSet.of(vlan));
        }
        // They are there before it comes up, and still are afterwards.
        fixture.expect(vlans(count));
        fixture.up(0);
        fixture.expect(vlans(count));
    }

    private static void removeWhileDown(final Fixture fixture) throws InterruptedException {
        fixture.add(0, vlans(1));
        fixture.expect(vlans(1));
        fixture.down(0);
        fixture.settle();
        fixture.remove(0, vlans(1));
        fixture.expect(VlanSet.EMPTY);
        fixture.up(0);
        fixture.expect(VlanSet.EMPTY);
    }

    private static void downRemoveUp(final Fixture fixture) throws InterruptedException {
        fixture.add(0, vlans(2));
        fixture.expect(vlans(2));
        fixture.down(0);
        fixture.remove(0, vlans(1));
        fixture.up(0);
        fixture.expect(VlanSet.of(101));
    }

    private static void addTwice(final Fixture fixture) throws InterruptedException {
        fixture.add(0, vlans(1));
        fixture.add(0, vlans(1));
        fixture.expect(vlans(1));
        // Wanted twice: the first removal leaves it where it is.
        fixture.remove(0, vlans(1));
        fixture.expect(vlans(1));
        fixture.remove(0, vlans(1));
        fixture.expect(VlanSet.EMPTY);
    }

    private static void removeTwice(final Fixture fixture) throws InterruptedException {
        fixture.add(0, vlans(2));
        fixture.remove(0, vlans(1));
        fixture.remove(0, vlans(1));
        fixture.expect(VlanSet.of(101));
        fixture.remove(0, vlans(1));
        fixture.expect(VlanSet.of(101));
    }

    private static void interleaved(final Fixture fixture) throws InterruptedException {
        for (int i = 0; i < 5; i++) {
            fixture.add(0, VlanSet.of(100));
            fixture.add(0, VlanSet.of(101));
            fixture.remove(0, VlanSet.of(100));
            fixture.pass(i * 7L * STEP_NS);
            fixture.add(0, VlanSet.of(102));
            fixture.remove(0, VlanSet.of(101));
            fixture.add(0, VlanSet.of(103));
            fixture.expect(VlanSet.of(102, 103));
            fixture.remove(0, VlanSet.of(102, 103));
        }
        fixture.expect(VlanSet.EMPTY);
    }

    private static void removeAndAddLoop(final Fixture fixture) throws InterruptedException {
        fixture.add(0, vlans(1));
        for (int i = 0; i < 50; i++) {
            fixture.remove(0, vlans(1));
            fixture.pass(i % 25 * STEP_NS);
            fixture.add(0, vlans(1));
            fixture.pass(i % 7 * STEP_NS);
        }
        fixture.expect(vlans(1));
    }

    private static void fill(final Fixture fixture) throws InterruptedException {
        for (int round = 0; round < 5; round++) {
            fillWithEight(fixture);
            fixture.remove(0, vlans(8));
        }
        fixture.expect(VlanSet.EMPTY);
    }

    private static void addInParallel(final Fixture fixture) throws InterruptedException {
        fixture.inParallel(0, vlans(4), true);
        fixture.expect(vlans(4));
    }

    private static void removeInParallel(final Fixture fixture) throws InterruptedException {
        fixture.add(0, vlans(5));
        fixture.expect(vlans(5));
        fixture.inParallel(0, vlans(4), false);
        fixture.expect(VlanSet.of(104));
    }

    private static void storm(final Fixture fixture) throws InterruptedException {
        final SplittableRandom random = new SplittableRandom(STORM_SEED);
        for (int i = 0; i < 200; i++) {
            final VlanSet vlan = VlanSet.of(100 + random.nextInt(5));
            if (random.nextBoolean()) {
                fixture.add(0, vlan);
            } else {
                fixture.remove(0, vlan);
            }
            fixture.pass(random.nextInt(10) * STEP_NS);
        }
        fixture.settle();
        fixture.reset();
        fixture.add(0, vlans(1));
        fixture.expect(vlans(1));
    }

    private static void overLimit(final Fixture fixture) throws InterruptedException {
        final PfRules rules = fixture.rules();
        final VlanSet full = vlans(rules.vlansMax());
        fixture.add(0, full);
        fixture.expect(full);
        final int beyond = 100 + rules.vlansMax();
        if (fixture.strictness() == Strictness.VISIBLE) {
            // A user who is refused a VLAN doesn't have it.
            fixture.addInVain(0, VlanSet.of(beyond));
            fixture.expect(full);
            return;
        }
        fixture.add(0, VlanSet.of(beyond));
        fixture.expect(vlans(rules.vlansMax() + 1));
        final VlanSet held = fixture.system().held(0);
        check(held.equals(full), "the PF holds " + held + ", expected " + full);
        final boolean isRefused = fixture.system().view(0).refused().contains(beyond);
        check(isRefused == rules.tellsLimit(), "VLAN " + beyond + " refused: " + isRefused);
        if (!rules.tellsLimit()) {
            fixture.note(
                    "the PF says SUCCESS and installs none beyond "
                            + full.size()
                            + ", as it should");
        } else if (full.size() != vlans(8).size()) {
            fixture.note("the limit is " + full.size());
        }
    }
}
