package dev.javf.virtchnl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.virtchnl.LinuxFilterRules.Sent;
import dev.javf.virtchnl.LinuxFilterRules.State;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * The histories of {@link VlanRacesTest} under the rules of Linux' iavf driver of 2026. Each of
 * them goes wrong here, in the way that is published: so that what passes there shows something.
 */
final class LinuxRacesTest {
    private static final Set<Integer> EIGHT = vlans(100, 107);

    private final LinuxFilterRules driver = new LinuxFilterRules(true, 8);

    /** What the PF holds. It does what it is told, unless a test has it refuse. */
    private final Set<Integer> pf = new TreeSet<>();

    private static Set<Integer> vlans(final int first, final int last) {
        return new TreeSet<>(IntStream.rangeClosed(first, last).boxed().toList());
    }

    private Sent send() {
        return Objects.requireNonNull(driver.watchdog(), "nothing was sent");
    }

    private void accept(final Sent message) {
        if (message.isAdd()) {
            pf.addAll(message.vlans());
        } else {
            pf.removeAll(message.vlans());
        }
        driver.onAnswer(message.isAdd(), true);
    }

    private void refuse(final Sent message) {
        driver.onAnswer(message.isAdd(), false);
    }

    private void have(final Set<Integer> vlans) {
        vlans.forEach(vlan -> assertThat(driver.add(vlan)).isTrue());
        for (Sent message = driver.watchdog(); message != null; message = driver.watchdog()) {
            accept(message);
        }
        assertThat(pf).isEqualTo(vlans);
        vlans.forEach(vlan -> assertThat(driver.state(vlan)).isEqualTo(State.ACTIVE));
    }

    private void isAtRest() {
        final @Nullable Sent message = driver.watchdog();
        assertThat(message).isNull();
    }

    @Test
    void race01TakesARejectedAddForActiveAfterDeleteAndAddAgain() {
        driver.add(100);
        final Sent add = send();
        driver.kill(100);
        driver.add(100);
        refuse(add);
        isAtRest();

        assertThat(driver.state(100)).isEqualTo(State.ACTIVE);
        assertThat(pf).isEmpty();
    }

    @Test
    void race02LosesAnAddThatWasntSentYet() {
        driver.add(100);
        final Sent add = send();
        driver.add(101);
        driver.downAndUp();
        accept(add);
        isAtRest();

        assertThat(driver.state(101)).isEqualTo(State.ADD);
        assertThat(pf).doesNotContain(101);
    }

    @Test
    void race03ForgetsAFilterWhoseDeleteIsOnItsWay() {
        have(Set.of(100));
        driver.kill(100);
        final Sent delete = send();
        driver.add(100);
        driver.kill(100);
        refuse(delete);
        isAtRest();

        assertThat(driver.state(100)).isNull();
        assertThat(pf).containsExactly(100);
    }

    @Test
    void race04ResurrectsADeletedFilterInAReset() {
        have(vlans(100, 101));
        driver.kill(100);
        send();
        driver.resetBegins();
        pf.clear();
        driver.onCapabilities();
        accept(send());
        isAtRest();

        assertThat(pf).containsExactly(100, 101);
    }

    @Test
    void race05HoldsAFilterThatWasRejectedWhileItWasDeleted() {
        driver.add(100);
        final Sent add = send();
        driver.kill(100);
        refuse(add);
        // A PF that counts fewer filters than the message has refuses it.
        refuse(send());
        isAtRest();

        assertThat(driver.state(100)).isEqualTo(State.ACTIVE);
        assertThat(pf).isEmpty();
    }

    @Test
    void race06CantReplaceAFilterWhenAllPlacesAreTaken() {
        have(EIGHT);
        driver.kill(100);

        assertThat(driver.add(200)).isFalse();
        final Sent delete = send();
        assertThat(driver.add(200)).isFalse();
        accept(delete);
        assertThat(driver.add(200)).isTrue();
    }

    @Test
    void race07NeverRollsARejectedAddOfV1Back() {
        final LinuxFilterRules v1 = new LinuxFilterRules(false, 4096);
        v1.add(100);
        assertThat(v1.watchdog()).isNotNull();
        v1.onAnswer(true, false);

        assertThat(v1.watchdog()).isNull();
        assertThat(v1.state(100)).isEqualTo(State.ADDING);
        // The next add's success is then taken for this one's, too.
        v1.add(101);
        assertThat(v1.watchdog()).isEqualTo(new Sent(true, Set.of(101)));
        v1.onAnswer(true, true);
        assertThat(v1.state(100)).isEqualTo(State.ACTIVE);
    }

    /** Neither driver can know it; this one has nothing that would let its user find out. */
    @Test
    void race08CantTellWhatWasConfirmedFromWhatWorks() {
        final LinuxFilterRules i40e = new LinuxFilterRules(false, 4096);
        vlans(100, 117).forEach(i40e::add);
        final Sent add = Objects.requireNonNull(i40e.watchdog());
        final Set<Integer> installed = vlans(100, 115);
        i40e.onAnswer(true, true);

        assertThat(add.vlans()).hasSize(18);
        for (final int vlan : add.vlans()) {
            assertThat(i40e.state(vlan)).isEqualTo(State.ACTIVE);
        }
        assertThat(i40e.known()).isNotEqualTo(installed);
    }

    @Test
    void race09SettlesWhatIsInAnotherMessage() {
        driver.add(100);
        final Sent first = send();
        driver.downAndUp();
        driver.add(101);
        final Sent second = send();
        accept(first);
        assertThat(driver.state(101)).isEqualTo(State.ACTIVE);
        refuse(second);
        isAtRest();

        assertThat(driver.state(101)).isEqualTo(State.ACTIVE);
        assertThat(pf).containsExactly(100);
    }

    @Test
    void race10BringsBackWhatIsDeletedDuringAReset() {
        have(EIGHT);
        driver.resetBegins();
        pf.clear();
        vlans(100, 103).forEach(driver::kill);
        // All eight count still.
        assertThat(driver.add(200)).isFalse();
        driver.onCapabilities();
        accept(send());
        isAtRest();

        assertThat(pf).isEqualTo(EIGHT);
    }

    @Test
    void race11ForgetsAllWhenCapabilitiesAreAnsweredTwice() {
        have(EIGHT);
        driver.onCapabilities();
        final Sent again = send();
        assertThat(again.vlans()).isEqualTo(EIGHT);
        // What it has and what is asked for are 16: more than 8, says ice, and refuses the message.
        refuse(again);
        isAtRest();

        assertThat(driver.known()).isEmpty();
        assertThat(pf).isEqualTo(EIGHT);
    }
}
