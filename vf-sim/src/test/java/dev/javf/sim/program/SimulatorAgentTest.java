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
import dev.javf.vfio.PciDeviceCondition;
import dev.javf.vfio.user.VfioUserDevice;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The simulator's duty cycle with drivers of two VFs on the same thread. */
class SimulatorAgentTest {
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
        setLength(file, SendQueue.MEMORY_BYTES);
        try (Descriptor descriptor = Descriptor.open(file.toString(), Libc.O_RDWR())) {
            final SharedMemory memory = SharedMemory.map(descriptor, 0, SendQueue.MEMORY_BYTES);
            memories.add(memory);
            return memory;
        }
    }

    private static void setLength(final Path file, final long lengthBytes) throws IOException {
        try (RandomAccessFile opened = new RandomAccessFile(file.toFile(), "rw")) {
            opened.setLength(lengthBytes);
        }
    }

    private VfioUserDevice open(final SimulatorAgent agent, final int vf) {
        return VfioUserDevice.open(
                new UnixAddress(directory.resolve("vf" + vf + ".sock").toString()),
                new VfioUserDevice.Context().idle(agent::doWork));
    }

    private static void work(final SimulatorAgent agent) {
        for (int i = 0; i < 100; i++) {
            agent.doWork();
        }
    }

    /** Sends messages, and says how many the PF has taken. */
    private static int send(final SimulatorAgent agent, final SendQueue queue, final int tail) {
        queue.tail(tail);
        work(agent);
        return queue.head();
    }

    @Test
    void shouldCutOffWhoTakesItsMemoryAwayAndServeTheOtherVfs() throws IOException {
        final SimulatorAgent agent = agent();
        final VfioUserDevice hostile = open(agent, 0);
        final VfioUserDevice other = open(agent, 1);
        final SendQueue lost = new SendQueue(hostile, memory());
        final SendQueue kept = new SendQueue(other, memory());
        assertThat(send(agent, lost, 1)).isEqualTo(1);
        assertThat(send(agent, kept, 1)).isEqualTo(1);

        setLength(files.getFirst(), 0);
        lost.tail(2);
        work(agent);
        assertThat(hostile.condition()).isEqualTo(PciDeviceCondition.GONE);
        assertThat(reports.getLast())
                .startsWith("sim:0/0 at ")
                .endsWith("it has taken away pages of the memory that it had mapped");
        assertThat(pf.virtualFunction(0).dma().size()).isZero();
        assertThat(send(agent, kept, 2)).isEqualTo(2);
        assertThat(other.condition()).isEqualTo(PciDeviceCondition.PRESENT);
        hostile.close();

        // The function is free for the next one.
        final VfioUserDevice next = open(agent, 0);
        assertThat(send(agent, new SendQueue(next, memory()), 3)).isEqualTo(3);
        next.close();
        other.close();
        agent.onClose();
    }
}
