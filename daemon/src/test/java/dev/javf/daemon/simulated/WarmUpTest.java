package dev.javf.daemon.simulated;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.daemon.FunctionClient;
import dev.javf.daemon.Javfd;
import dev.javf.daemon.JavfdContext;
import dev.javf.iavf.LifecycleState;
import dev.javf.sim.SimulatedPhysicalFunction;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.vfio.InProcessDoor;

import org.junit.jupiter.api.Test;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** What happens before the first queue is enabled. */
class WarmUpTest {
    @Test
    void shouldCarryFramesAndLeaveNothing() {
        // That all frames and buffers are accounted for is checked inside.
        assertThat(WarmUp.run(TimeUnit.MILLISECONDS.toNanos(20))).isGreaterThanOrEqualTo(4000);
    }

    private static SimulatedPhysicalFunction simulator() {
        return new SimulatedPhysicalFunction(
                new SimulatedPhysicalFunctionContext().nanoClock(System::nanoTime));
    }

    @Test
    void shouldEndBeforeAnyQueueIsEnabled() throws Exception {
        final SimulatedPhysicalFunction simulator = simulator();
        final CountDownLatch mayEnd = new CountDownLatch(1);
        final Runnable warmUp =
                () -> {
                    try {
                        mayEnd.await();
                    } catch (final InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                };
        try (Javfd daemon =
                Javfd.launch(
                        new JavfdContext()
                                .simulator(simulator)
                                .warmUp(warmUp)
                                .device(new InProcessDoor(simulator.virtualFunction(0))))) {
            final FunctionClient function = daemon.functions().getFirst();
            function.state(LifecycleState.DOWN).get(60, TimeUnit.SECONDS);
            function.up();
            function.state(LifecycleState.STARTING).get(60, TimeUnit.SECONDS);
            assertThat(function.state(LifecycleState.UP)).isNotDone();
            mayEnd.countDown();
            function.state(LifecycleState.UP).get(60, TimeUnit.SECONDS);
        } finally {
            simulator.close();
        }
    }

    @Test
    void shouldGoOnWithoutWhenItFails() throws Exception {
        final SimulatedPhysicalFunction simulator = simulator();
        try (Javfd daemon =
                Javfd.launch(
                        new JavfdContext()
                                .simulator(simulator)
                                .warmUp(() -> {
                                    throw new IllegalStateException("as this test wants it");
                                })
                                .device(new InProcessDoor(simulator.virtualFunction(0))))) {
            final FunctionClient function = daemon.functions().getFirst();
            function.up();
            function.state(LifecycleState.UP).get(60, TimeUnit.SECONDS);
            assertThat(daemon.errorCount()).isZero();
        } finally {
            simulator.close();
        }
    }
}
