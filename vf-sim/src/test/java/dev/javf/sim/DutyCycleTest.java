package dev.javf.sim;

import static dev.javf.sim.RawDriver.bytes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.testing.Allocations;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

class DutyCycleTest {
    private static final int MAX_VFS = 256;

    @Test
    void shouldServeTheMostVfsThatAPfHas() {
        try (PfRig rig = PfRig.active(context -> context.virtualFunctions(MAX_VFS))) {
            for (int vf = 0; vf < MAX_VFS; vf++) {
                rig.ask(vf, 51, new byte[0]);
                rig.ask(vf, 52, Vlans.inner(1, vf + 1));
            }
            for (int vf = 0; vf < MAX_VFS; vf++) {
                assertThat(rig.snapshot(vf).vlans()).isEqualTo(Vlans.keys(vf + 1));
            }
        }
    }

    @Test
    void shouldSayThatThereWasNothingToDo() {
        try (PfRig rig = PfRig.active(context -> {})) {
            assertThat(rig.pf.doWork(rig.nowNs)).isZero();
            rig.driver().send(51, new byte[0]);
            assertThat(rig.pf.doWork(rig.nowNs)).isPositive();
            assertThat(rig.pf.doWork(rig.nowNs)).isZero();
        }
    }

    @Test
    void shouldBeQuietOnlyWhenNothingCanHappenByItself() {
        try (PfRig rig = PfRig.withMailbox(context -> context.delays(SimulatedDelays.TYPICAL))) {
            rig.advance(10_000_000_000L);
            assertThat(rig.pf.isQuiet()).as("idle").isTrue();

            rig.driver().send(1, bytes().u32(1).u32(1).done());
            assertThat(rig.pf.isQuiet()).as("a doorbell").isFalse();
            rig.run();
            assertThat(rig.pf.isQuiet()).as("a message is under way").isFalse();
            rig.advance(10_000_000);
            assertThat(rig.pf.isQuiet()).as("it is answered").isTrue();

            final var done = rig.pf.host().trust(0, true);
            assertThat(rig.pf.isQuiet()).as("the host wants something").isFalse();
            rig.run();
            assertThat(rig.pf.isQuiet()).as("a reset takes its time").isFalse();
            rig.advance(10_000_000_000L);
            assertThat(done.toCompletableFuture()).isDone();
            assertThat(rig.pf.isQuiet()).as("the reset is over").isTrue();
        }
    }

    @Test
    void shouldNotBeQuietWhileDoorbellsMayRing() {
        try (PfRig rig = PfRig.active(context -> {})) {
            assertThat(rig.pf.isQuiet()).isTrue();
            QueueTest.configure(rig, 0);
            rig.driver().send(8, QueueTest.select(1, 1));
            rig.run();
            assertThat(rig.pf.isQuiet()).as("queues are enabled").isFalse();
            rig.driver().send(9, QueueTest.select(1, 1));
            rig.run();
            assertThat(rig.pf.isQuiet()).as("they are disabled").isTrue();
        }
    }

    @Test
    void shouldAllocateNothingWhenThereIsNothingToDo() {
        try (PfRig rig = PfRig.active(context -> context.virtualFunctions(MAX_VFS))) {
            for (int vf = 0; vf < MAX_VFS; vf += 16) {
                QueueTest.configure(rig, vf);
                rig.drivers.get(vf).send(8, QueueTest.select(1, 1));
            }
            rig.run();
            final Runnable idle =
                    () -> {
                        for (int i = 0; i < 1_000; i++) {
                            rig.nowNs += 1_000;
                            rig.pf.doWork(rig.nowNs);
                        }
                    };
            for (int i = 0; i < 20; i++) {
                idle.run();
            }
            assertThat(Allocations.ofSteady(idle)).isZero();
        }
    }

    /**
     * A driver on another thread resets its function again and again, in the middle of whatever the
     * model does: from the moment the reset returns, the registers say so and memory stays as it
     * is.
     */
    @Test
    void shouldBeInResetWhenResetReturnsWhateverTheModelIsDoing() throws Exception {
        final SimulatedPhysicalFunction pf =
                new SimulatedPhysicalFunction(
                        new SimulatedPhysicalFunctionContext().delays(SimulatedDelays.NONE));
        final AtomicBoolean isRunning = new AtomicBoolean(true);
        final AtomicReference<Throwable> failure = new AtomicReference<>();
        final Thread model =
                new Thread(
                        () -> {
                            long nowNs = 0;
                            try {
                                while (isRunning.get()) {
                                    pf.doWork(nowNs++);
                                }
                            } catch (final Throwable e) {
                                failure.set(e);
                            }
                        },
                        "model");
        model.start();
        try {
            final RawDriver driver = new RawDriver(pf.virtualFunction(0));
            for (int round = 0; round < 300; round++) {
                awaitActive(driver);
                driver.enableBusMaster();
                driver.startMailbox();
                for (int i = 0; i < round % 20; i++) {
                    driver.send(1, bytes().u32(1).u32(1).done());
                }
                driver.vf.functionLevelReset();
                assertThat(driver.read(RawDriver.ARQLEN)).isGreaterThanOrEqualTo(0);
                assertThat(driver.read(RawDriver.ATQLEN)).isGreaterThanOrEqualTo(0);
                driver.memory.fill((byte) 0x5A);
                Thread.onSpinWait();
                assertThat(driver.memory.mismatch(pattern(driver))).isEqualTo(-1);
            }
        } finally {
            isRunning.set(false);
            model.join();
            pf.close();
        }
        assertThat(failure.get()).isNull();
    }

    private static MemorySegment pattern(final RawDriver driver) {
        final byte[] bytes = new byte[(int) driver.memory.byteSize()];
        Arrays.fill(bytes, (byte) 0x5A);
        return MemorySegment.ofArray(bytes);
    }

    private static void awaitActive(final RawDriver driver) {
        while (driver.read(RawDriver.RSTAT) != 2) {
            LockSupport.parkNanos(1);
        }
    }

    /**
     * Two drivers on threads of their own talk to a PF on a third, and each gets its own answers.
     */
    @Test
    void shouldTalkToDriversOnOtherThreads() throws Exception {
        final SimulatedPhysicalFunction pf =
                new SimulatedPhysicalFunction(
                        new SimulatedPhysicalFunctionContext()
                                .delays(SimulatedDelays.NONE)
                                .nanoClock(System::nanoTime));
        final AtomicBoolean isRunning = new AtomicBoolean(true);
        final AtomicReference<Throwable> failure = new AtomicReference<>();
        final Thread model =
                new Thread(
                        () -> {
                            while (isRunning.get()) {
                                if (pf.doWork() == 0) {
                                    Thread.onSpinWait();
                                }
                            }
                        },
                        "model");
        model.start();
        final Thread[] drivers = new Thread[2];
        for (int vf = 0; vf < drivers.length; vf++) {
            final SimulatedVirtualFunction function = pf.virtualFunction(vf);
            drivers[vf] =
                    new Thread(
                            () -> {
                                try {
                                    exchange(new RawDriver(function), 2_000);
                                } catch (final Throwable e) {
                                    failure.set(e);
                                }
                            },
                            "driver " + vf);
            drivers[vf].start();
        }
        for (final Thread driver : drivers) {
            driver.join();
        }
        isRunning.set(false);
        model.join();
        pf.close();
        assertThat(failure.get()).isNull();
    }

    private static void exchange(final RawDriver driver, final int rounds) {
        awaitActive(driver);
        driver.enableBusMaster();
        driver.startMailbox();
        int answered = 0;
        for (int i = 0; i < rounds; i++) {
            driver.send(1, bytes().u32(1).u32(i % 2).done());
            boolean isAnswered = false;
            while (!isAnswered) {
                for (final RawDriver.Received message : driver.receive()) {
                    assertThat(message.opcode()).isEqualTo(1);
                    assertThat(message.i32(4)).isEqualTo(i % 2);
                    isAnswered = true;
                    answered++;
                }
                Thread.onSpinWait();
            }
        }
        assertThat(answered).isEqualTo(rounds);
    }
}
