package dev.javf.sim;

import static dev.javf.sim.RawDriver.bytes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.testing.Seed;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SplittableRandom;

/** Nothing that a driver writes, wherever it may write, gets the model out of step. */
class HostileDriverTest {
    private static final int STEPS = 3_000;
    private static final int[] REGISTERS = {
        RawDriver.ATQH,
        RawDriver.ATQT,
        RawDriver.ATQLEN,
        RawDriver.ATQBAL,
        RawDriver.ATQBAH,
        RawDriver.ARQH,
        RawDriver.ARQT,
        RawDriver.ARQLEN,
        RawDriver.ARQBAL,
        RawDriver.ARQBAH,
        RawDriver.DYN_CTL01,
        RawDriver.ICR0_ENA1,
        0x3800,
        0x3804,
        0x4C08,
        0x2800,
        0x0000,
        0x2000
    };

    @Test
    void shouldGoOnWhateverADriverWrites() {
        Seed.forEach(4_711, 20, HostileDriverTest::misbehaveAllAlong);
    }

    private static void misbehaveAllAlong(final SplittableRandom random) {
        final List<PfMode> modes = List.of(PfMode.values());
        final PfMode mode = modes.get(random.nextInt(modes.size()));
        final SimulatedDelays delays =
                random.nextBoolean()
                        ? SimulatedDelays.NONE
                        : SimulatedDelays.TYPICAL.withResets(1_000, 1_000, 1_000);
        try (PfRig rig = PfRig.active(context -> context.mode(mode))) {
            for (int i = 0; i < STEPS; i++) {
                misbehave(rig, random);
            }
            assertUsable(rig);
        }
        try (PfRig rig = PfRig.withMailbox(context -> context.mode(mode).delays(delays))) {
            for (int i = 0; i < STEPS; i++) {
                misbehave(rig, random);
            }
            assertUsable(rig);
        }
    }

    private static void misbehave(final PfRig rig, final SplittableRandom random) {
        final RawDriver driver = rig.driver();
        switch (random.nextInt(12)) {
            case 0 -> driver.write(REGISTERS[random.nextInt(REGISTERS.length)], random.nextInt());
            case 1 -> driver.write(REGISTERS[random.nextInt(REGISTERS.length)], random.nextInt(64));
            case 2 -> driver.write(random.nextInt(0x20000) & ~3, random.nextInt());
            case 3 -> {
                final MemorySegment doorbells = driver.vf.barMemory(0, 0, 0x3000);
                if (doorbells != null) {
                    doorbells.set(
                            ValueLayout.JAVA_INT, random.nextInt(0x3000) & ~3, random.nextInt());
                }
            }
            case 4 -> {
                final byte[] noise = new byte[random.nextInt(64)];
                random.nextBytes(noise);
                MemorySegment.copy(
                        noise,
                        0,
                        driver.memory,
                        ValueLayout.JAVA_BYTE,
                        random.nextInt(0x1000) * 32L,
                        noise.length);
            }
            case 5 ->
                    driver.sendDescriptor(
                            random.nextInt(),
                            random.nextInt(4) == 0 ? random.nextInt() : 0x0801,
                            random.nextInt(140),
                            random.nextInt(5_000),
                            RawDriver.IOVA + random.nextInt(0x300000));
            case 6 -> driver.startMailbox();
            case 7 -> driver.enableBusMaster();
            case 8 -> {
                if (random.nextInt(20) == 0) {
                    driver.vf.functionLevelReset();
                }
            }
            default -> sendSomethingLikely(driver, random);
        }
        rig.advance(random.nextInt(1_000_000));
        if (random.nextInt(4) == 0) {
            driver.receive();
        }
    }

    /** A message whose length is mostly right, with noise inside. */
    private static void sendSomethingLikely(final RawDriver driver, final SplittableRandom random) {
        final int[][] shapes = {
            {1, 8, 0}, {3, 4, 0}, {6, 72, 64}, {7, 14, 12}, {8, 12, 0}, {9, 12, 0}, {10, 12, 8},
            {11, 12, 8}, {12, 6, 2}, {13, 6, 2}, {14, 4, 0}, {15, 12, 0}, {23, 5, 1}, {24, 5, 1},
            {26, 8, 0}, {29, 2, 0}, {51, 0, 0}, {52, 8, 32}, {53, 8, 32}, {54, 16, 0}, {56, 16, 0}
        };
        final int[] shape = shapes[random.nextInt(shapes.length)];
        final int count = shape[2] == 0 ? 0 : 1 + random.nextInt(60);
        final byte[] body = new byte[shape[1] + shape[2] * count];
        if (random.nextBoolean()) {
            random.nextBytes(body);
        }
        if (shape[2] != 0) {
            body[shape[0] == 7 ? 0 : 2] = (byte) count;
            body[shape[0] == 7 ? 1 : 3] = 0;
        }
        if (body.length > 1 && shape[0] != 7 && random.nextInt(4) != 0) {
            body[0] = 1;
            body[1] = 0;
        }
        driver.send(shape[0], body);
    }

    private static void assertUsable(final PfRig rig) {
        rig.driver().vf.functionLevelReset();
        for (int i = 0; i < 100; i++) {
            rig.advance(10_000_000);
        }
        assertThat(rig.driver().read(RawDriver.RSTAT)).isEqualTo(2);
        rig.driver().enableBusMaster();
        rig.driver().startMailbox();
        rig.say(0, 1, bytes().u32(1).u32(1).done());
        rig.say(0, 3, bytes().u32(-1).done());
        rig.say(1, 1, bytes().u32(1).u32(1).done());
        assertThat(rig.drivers.get(1).vf.dma().faultCount()).isZero();
        assertThat(rig.snapshot().phase()).isEqualTo(VfPhase.ACTIVE);
        assertThat(rig.snapshot().vlans()).isEmpty();
    }
}
