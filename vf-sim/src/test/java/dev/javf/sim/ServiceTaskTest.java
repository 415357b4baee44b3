package dev.javf.sim;

import static dev.javf.sim.RawDriver.bytes;
import static dev.javf.sim.Vlans.inner;
import static dev.javf.sim.Vlans.range;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** When things happen: one task for all VFs, in order of arrival. */
class ServiceTaskTest {
    private static final SimulatedDelays DELAYS =
            SimulatedDelays.NONE.withMailbox(1_000, 2_000).withWork(100, 10);

    /** Times of requests and answers, as "VF opcode time since the start". */
    private static final class Log implements SimulationObserver {
        private final List<String> requests = new ArrayList<>();
        private final List<String> answers = new ArrayList<>();
        private long originNs;

        @Override
        public void onRequest(
                final long timeNs, final int vf, final int opcode, final MemorySegment body) {
            requests.add(vf + " " + opcode + " " + (timeNs - originNs));
        }

        @Override
        public void onAnswer(
                final long timeNs,
                final int vf,
                final int opcode,
                final int status,
                final MemorySegment body) {
            answers.add(vf + " " + opcode + " " + (timeNs - originNs));
        }

        void restart(final long nowNs) {
            originNs = nowNs;
            requests.clear();
            answers.clear();
        }
    }

    private final Log log = new Log();

    private PfRig active(final int virtualFunctions) {
        final PfRig rig =
                PfRig.withMailbox(context ->
                        context.virtualFunctions(virtualFunctions).delays(DELAYS).observer(log));
        for (int vf = 0; vf < virtualFunctions; vf++) {
            rig.say(vf, 1, bytes().u32(1).u32(1).done());
            rig.say(vf, 3, bytes().u32(RawDriver.LINUX_CAPABILITIES).done());
            rig.say(vf, 51, new byte[0]);
        }
        log.restart(rig.nowNs);
        return rig;
    }

    @Test
    void shouldTakeMailboxBothWaysAndWork() {
        try (PfRig rig = active(1)) {
            rig.driver().send(52, inner(1, range(100, 8)));
            rig.run();
            rig.advance(999);
            assertThat(log.requests).isEmpty();
            rig.advance(1);
            assertThat(log.requests).containsExactly("0 52 1000");
            assertThat(rig.snapshot().vlans()).hasSize(8);
            rig.advance(2_179);
            assertThat(rig.driver().receive()).isEmpty();
            rig.advance(1);
            assertThat(rig.driver().receive()).hasSize(1);
            assertThat(log.answers).containsExactly("0 52 3180");
        }
    }

    /** However long the duty cycles are, things happen at their times. */
    @ParameterizedTest
    @CsvSource({"1", "7", "100", "5000", "1000000"})
    void shouldNotDependOnTheDutyCycle(final long stepNs) {
        try (PfRig rig = active(2)) {
            rig.drivers.get(0).send(52, inner(1, range(100, 2)));
            rig.drivers.get(1).send(15, bytes().u16(1).zeros(10).done());
            rig.drivers.get(0).send(53, inner(1, range(100, 2)));
            rig.run();
            final long endNs = rig.nowNs + 10_000;
            while (rig.nowNs < endNs) {
                rig.advance(stepNs);
            }
            assertThat(log.requests).containsExactly("0 52 1000", "0 53 1120", "1 15 1240");
            assertThat(log.answers).containsExactly("0 52 3120", "0 53 3240", "1 15 3350");
        }
    }

    /** System clocks may begin anywhere. */
    @Test
    void shouldWorkBeforeTheOriginOfTheClock() {
        try (SimulatedPhysicalFunction pf =
                new SimulatedPhysicalFunction(
                        new SimulatedPhysicalFunctionContext().delays(DELAYS))) {
            final RawDriver driver = new RawDriver(pf.virtualFunction(0));
            pf.doWork(-10_000);
            driver.enableBusMaster();
            driver.startMailbox();
            driver.send(1, bytes().u32(1).u32(1).done());
            for (long nowNs = -5_000; nowNs <= 0; nowNs++) {
                pf.doWork(nowNs);
            }
            assertThat(driver.receive()).hasSize(1);
        }
    }

    @Test
    void shouldHandleVfsInTheOrderInWhichTheirMessagesCome() {
        try (PfRig rig = active(3)) {
            for (final int vf : new int[] {2, 0, 1, 0, 2}) {
                rig.drivers.get(vf).send(51, new byte[0]);
                rig.advance(1);
            }
            rig.advance(10_000);
            assertThat(log.requests)
                    .containsExactly(
                            "2 51 1001", "0 51 1101", "1 51 1201", "0 51 1301", "2 51 1401");
        }
    }

    @Test
    void shouldKeepOthersWaitingDuringAReset() {
        try (PfRig rig = active(2)) {
            rig.drivers.get(0).vf.functionLevelReset();
            rig.run();
            rig.drivers.get(1).send(51, new byte[0]);
            rig.advance(1);
            rig.advance(10_000);
            assertThat(log.requests).containsExactly("1 51 1001");
        }
    }

    @Test
    void shouldResetBeforeItLooksAtMessages() {
        try (PfRig rig = active(2)) {
            rig.drivers.get(0).send(52, inner(1, range(100, 100)));
            rig.drivers.get(1).send(51, new byte[0]);
            rig.run();
            rig.advance(1_000);
            assertThat(rig.snapshot(0).vlans()).isEmpty();
            rig.drivers.get(0).vf.functionLevelReset();
            rig.advance(100);
            assertThat(rig.snapshot(0).phase()).isEqualTo(VfPhase.INITIALIZED);
        }
    }

    @Test
    void shouldBeMuchSlowerByTheMessageThanByTheBatch() {
        try (PfRig rig = active(1)) {
            rig.pf.host().trust(0, true);
            rig.run();
            rig.advance(100_000);
            rig.driver().enableBusMaster();
            rig.driver().startMailbox();
            rig.say(0, 3, bytes().u32(RawDriver.LINUX_CAPABILITIES).done());
            rig.say(0, 51, new byte[0]);
            log.restart(rig.nowNs);
            rig.driver().send(52, inner(1, range(1, 127)));
            rig.run();
            rig.advance(100_000);
            assertThat(log.answers).containsExactly("0 52 " + (1_000 + 100 + 127 * 10 + 2_000));
        }
    }
}
