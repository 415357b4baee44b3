package dev.javf.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.testing.Machine;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

import java.util.List;
import java.util.Map;

/**
 * The installed service under a systemd of its own, with everything that its unit forbids: {@code
 * deploy/try-service} boots it in namespaces, and these tests read what happened.
 */
@Tag("proof")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ServiceTest {
    private Map<String, String> steps;

    @BeforeAll
    void boot() throws Exception {
        Machine.needsTapAndNamespaces();
        for (final String command : List.of("dpkg", "unshare", "systemctl", "journalctl")) {
            Machine.needsCommand(command);
        }
        final Trial trial = Trial.ofScript("try-service");
        assertThat(trial.text()).contains("== done");
        steps = trial.steps();
    }

    @Test
    void shouldNotBeStartedAgainWithAWrongConfiguration() {
        assertThat(steps.get("wrong configuration"))
                .endsWith("refused\nfailed, status 2, restarts 0\n");
        assertThat(steps.get("log")).contains("VLAN 5000 is out of range: use 1..4094");
    }

    @Test
    void shouldStartWithNothingMoreThanItNeeds() {
        assertThat(steps.get("start"))
                .contains("active, running: ready, ok\n")
                .doesNotContainPattern("Uid:\\s+0")
                .as("CAP_NET_ADMIN, for TAP devices")
                .containsPattern("CapEff:\\s+0000000000001000\n")
                .containsPattern("NoNewPrivs:\\s+1\n")
                .containsPattern("Seccomp:\\s+2\n")
                .contains(": blue0: ")
                .contains("srw-rw---- javf javf /run/javf/control.sock\n");
    }

    @Test
    void shouldProgramVlans() {
        assertThat(steps.get("start"))
                .containsPattern(" 100 +configuration +yes +yes ")
                .containsPattern(" 101 +client +yes +yes ")
                .containsPattern(" 107 +client +yes +yes ");
    }

    @Test
    void shouldTakeAPortOnReload() {
        assertThat(steps.get("reload"))
                .containsPattern("blue +tap +left +100 ")
                .containsPattern("green +tap +right +200 ")
                .contains(": green0: ")
                .endsWith("same process: yes\n");
    }

    @Test
    void shouldBeStartedAgainWhenItIsKilled() {
        assertThat(steps.get("killed")).isEqualTo("active, restarts 1: ready, ok\n");
    }

    @Test
    void shouldBeStartedAgainWhenItIsStuck() {
        assertThat(steps.get("stuck")).isEqualTo("active, restarts 2\n1\n");
    }

    @Test
    void shouldStopInOrder() {
        assertThat(steps.get("stop")).startsWith("inactive, success\n").doesNotContain(".sock");
        assertThat(steps.get("log"))
                .contains("right: CLOSING -> CLOSED", "javfd.service: Deactivated successfully.");
    }
}
