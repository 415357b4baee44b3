package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.linux.UnixAddress;
import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.sim.SimulatedDelays;
import dev.javf.sim.SimulatedPhysicalFunction;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.sim.SimulatedVirtualFunction;
import dev.javf.sim.SimulationObserver;
import dev.javf.sim.VfSnapshot;
import dev.javf.sim.VlanKey;
import dev.javf.testing.Seed;
import dev.javf.vfio.user.VfioUserServer;
import dev.javf.virtchnl.VlanSet;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;

/**
 * {@code kill -9} at any moment of a driver's life, then the next one: it comes up every time, and
 * the PF holds just what that one wants.
 */
class KilledDriverTest {
    private static final long MS = 1_000_000;

    /**
     * Duty cycles after which something must have happened; there are some millions in a second.
     */
    private static final long PATIENCE = 300_000_000;

    @TempDir private Path folder;

    private int messages;
    private final SimulatedPhysicalFunction pf =
            new SimulatedPhysicalFunction(
                    new SimulatedPhysicalFunctionContext()
                            .delays(SimulatedDelays.TYPICAL.withResets(2 * MS, MS, 5 * MS))
                            .observer(new Messages()));
    private final SimulatedVirtualFunction model = pf.virtualFunction(0);
    private VfioUserServer server;
    private int drivers;

    private final class Messages implements SimulationObserver {
        @Override
        public void onRequest(
                final long timeNs,
                final int virtualFunction,
                final int opcode,
                final MemorySegment body) {
            messages++;
        }
    }

    /** When a driver is killed. */
    private enum Moment {
        BRING_UP,
        TRAFFIC,
        REQUESTS,
        RESET
    }

    @BeforeEach
    void serve() {
        server =
                VfioUserServer.listen(
                        new UnixAddress(folder.resolve("vf0.sock").toString()),
                        model,
                        new VfioUserServer.Context());
    }

    @AfterEach
    void close() {
        server.close();
        pf.close();
    }

    @Test
    @Timeout(180)
    void shouldStartAfterAnyDeath() {
        Seed.forEach(1, 1, random -> kill(random, 12));
    }

    @Test
    @Tag("proof")
    @Timeout(1800)
    void shouldStartAfterAnyDeathManyTimes() {
        Seed.forEach(2, 1, random -> kill(random, 200));
    }

    /** Every second driver at least comes up and is checked. */
    private void kill(final SplittableRandom random, final int times) {
        try {
            for (int i = 0; i < times; i++) {
                live(random, Moment.values()[random.nextInt(Moment.values().length)]);
            }
            live(random, Moment.TRAFFIC);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        } catch (final InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void live(final SplittableRandom random, final Moment moment)
            throws IOException, InterruptedException {
        drivers++;
        try (DriverProcess driver = DriverProcess.start(server.address(), drivers)) {
            final int before = messages;
            if (moment == Moment.BRING_UP) {
                final int count = random.nextInt(16);
                until(driver, () -> server.isConnected() && messages - before >= count);
            } else {
                until(driver, () -> holdsWhatIsWanted(driver));
                stay(driver);
                happen(random, moment, driver);
            }
            for (int i = random.nextInt(5_000); i > 0; i--) {
                step();
            }
            driver.kill();
        }
        for (long i = 0; server.isConnected(); i++) {
            assertThat(i).isLessThan(PATIENCE);
            step();
        }
        assertThat(model.dma().size()).isZero();
        assertThat(model.dma().faults()).isEmpty();
    }

    private void happen(
            final SplittableRandom random, final Moment moment, final DriverProcess driver)
            throws IOException {
        final int before = messages;
        final int count = random.nextInt(1, 20);
        switch (moment) {
            case REQUESTS -> {
                driver.goOn();
                until(driver, () -> messages - before >= count);
            }
            case RESET -> {
                if (random.nextBoolean()) {
                    pf.host().resetVirtualFunction(0);
                } else {
                    pf.host().resetPhysicalFunction();
                }
                until(driver, () -> messages - before >= count % 12);
            }
            default -> {
                // Frames come and go all the time.
            }
        }
    }

    private boolean holdsWhatIsWanted(final DriverProcess driver) {
        final VfSnapshot held = model.snapshot();
        final VlanSet.Builder vlans = new VlanSet.Builder();
        for (final VlanKey key : held.vlans()) {
            assertThat(key.tpid()).isEqualTo(Ethernet.TPID_8021Q);
            vlans.add(key.vlanId());
        }
        final Set<MacAddress> macs = new HashSet<>(Set.of(MacAddress.BROADCAST, driver.mac()));
        macs.add(held.defaultMac());
        return held.rxQueues().equals(BigInteger.ONE)
                && held.txQueues().equals(BigInteger.ONE)
                && held.promiscuity() == 0
                && vlans.build().equals(driver.vlans())
                && held.macs().equals(macs);
    }

    /** What an earlier driver wanted doesn't come back. */
    private void stay(final DriverProcess driver) {
        final int resets = model.snapshot().resets();
        for (int i = 0; i < 10_000; i++) {
            step();
            assertThat(holdsWhatIsWanted(driver)).isTrue();
        }
        assertThat(model.snapshot().resets()).isEqualTo(resets);
    }

    private void until(final DriverProcess driver, final BooleanSupplier condition) {
        for (long i = 0; !condition.getAsBoolean(); i++) {
            step();
            if (i > PATIENCE || !driver.isAlive()) {
                throw new AssertionError(
                        "driver " + drivers + " never got there; PF " + model.snapshot());
            }
        }
    }

    private void step() {
        if (server.doWork() + pf.doWork() == 0) {
            Thread.onSpinWait();
        }
    }
}
