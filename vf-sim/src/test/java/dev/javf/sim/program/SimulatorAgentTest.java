package dev.javf.sim.program;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.linux.Descriptor;
import dev.javf.linux.SharedMemory;
import dev.javf.linux.UnixAddress;
import dev.javf.linux.libc.Libc;
import dev.javf.sim.PlannedFaults;
import dev.javf.sim.SimulatedDelays;
import dev.javf.sim.SimulatedPhysicalFunction;
import dev.javf.sim.SimulatedPhysicalFunctionContext;
import dev.javf.vfio.DmaMapping;
import dev.javf.vfio.PciConfigSpace;
import dev.javf.vfio.PciDeviceCondition;
import dev.javf.vfio.user.VfioUserDevice;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The simulator's duty cycle with drivers of two VFs on the same thread. */
class SimulatorAgentTest {
    private static final int ATQH = 0x6400;
    private static final int ATQLEN = 0x6800;
    private static final int ATQBAH = 0x7800;
    private static final int ATQBAL = 0x7C00;
    private static final int ATQT = 0x8400;
    private static final int ENABLE = 1 << 31;
    private static final int ENTRIES = 32;
    private static final int MEMORY_BYTES = 4096;

    @TempDir private Path directory = Path.of("");

    private final List<String> reports = new ArrayList<>();
    private final List<Path> files = new ArrayList<>();
    private final List<SharedMemory> memories = new ArrayList<>();
    private final SimulatedPhysicalFunction pf =
            new SimulatedPhysicalFunction(
                    new SimulatedPhysicalFunctionContext()
                            .virtualFunctions(2)
                            .delays(SimulatedDelays.NONE));

    @AfterEach
    void deleteFiles() throws IOException {
        memories.forEach(SharedMemory::close);
        for (final Path file : files) {
            Files.delete(file);
        }
    }

    private SimulatorAgent agent() {
        final ControlCommands commands =
                new ControlCommands(pf, new PlannedFaults(), new ExchangeRecorder());
        return new SimulatorAgent(pf, commands, directory, null, true, reports::add);
    }

    /** A file that anybody can shrink, as QEMU's memory-backend-file has. */
    private SharedMemory memory() throws IOException {
        final Path file = Files.createTempFile(Path.of("/dev/shm"), "javf-agent", "");
        files.add(file);
        setLength(file, MEMORY_BYTES);
        try (Descriptor descriptor = Descriptor.open(file.toString(), Libc.O_RDWR())) {
            final SharedMemory memory = SharedMemory.map(descriptor, 0, MEMORY_BYTES);
            memories.add(memory);
            return memory;
        }
    }

    private static void setLength(final Path file, final long lengthBytes) throws IOException {
        try (RandomAccessFile opened = new RandomAccessFile(file.toFile(), "rw")) {
            opened.setLength(lengthBytes);
        }
    }

    /** Has a function with a send queue of empty messages, none of which is sent yet. */
    private VfioUserDevice open(final SimulatorAgent agent, final int vf) throws IOException {
        final VfioUserDevice device =
                VfioUserDevice.open(
                        new UnixAddress(directory.resolve("vf" + vf + ".sock").toString()),
                        new VfioUserDevice.Context().idle(agent::doWork));
        device.config().write(PciConfigSpace.COMMAND, 2, PciConfigSpace.COMMAND_BUS_MASTER | 2);
        final SharedMemory memory = memory();
        for (int i = 0; i < ENTRIES; i++) {
            final MemorySegment descriptor = memory.segment().asSlice(i * 32L, 32);
            descriptor.set(ValueLayout.JAVA_SHORT, 0, (short) 0x2000);
            descriptor.set(ValueLayout.JAVA_SHORT, 2, (short) 0x0801);
        }
        final DmaMapping mapping = device.mapDma(memory);
        device.bar(0).write32(ATQLEN, ENTRIES | ENABLE);
        device.bar(0).write32(ATQBAL, (int) mapping.iova());
        device.bar(0).write32(ATQBAH, (int) (mapping.iova() >>> 32));
        return device;
    }

    /** Sends messages, and says how many the PF has taken. */
    private static int send(
            final SimulatorAgent agent, final VfioUserDevice device, final int tail) {
        device.bar(0).write32(ATQT, tail);
        for (int i = 0; i < 100; i++) {
            agent.doWork();
        }
        return device.bar(0).read32(ATQH);
    }

    @Test
    void shouldCutOffWhoTakesItsMemoryAwayAndServeTheOtherVfs() throws IOException {
        final SimulatorAgent agent = agent();
        final VfioUserDevice hostile = open(agent, 0);
        final VfioUserDevice other = open(agent, 1);
        assertThat(send(agent, hostile, 1)).isEqualTo(1);
        assertThat(send(agent, other, 1)).isEqualTo(1);

        setLength(files.getFirst(), 0);
        hostile.bar(0).write32(ATQT, 2);
        for (int i = 0; i < 100; i++) {
            agent.doWork();
        }
        assertThat(hostile.condition()).isEqualTo(PciDeviceCondition.GONE);
        assertThat(reports.getLast())
                .startsWith("sim:0/0 at ")
                .endsWith("it has taken away pages of the memory that it had mapped");
        assertThat(pf.virtualFunction(0).dma().size()).isZero();
        assertThat(send(agent, other, 2)).isEqualTo(2);
        assertThat(other.condition()).isEqualTo(PciDeviceCondition.PRESENT);
        hostile.close();

        // The function is free for the next one.
        final VfioUserDevice next = open(agent, 0);
        assertThat(send(agent, next, 3)).isEqualTo(3);
        next.close();
        other.close();
        agent.onClose();
    }
}
