package dev.javf.sim.program;

import dev.javf.linux.LinuxException;
import dev.javf.linux.libc.Libc;
import dev.javf.packet.MacAddress;
import dev.javf.sim.PfMode;
import dev.javf.sim.PlannedFaults;
import dev.javf.sim.SeededFaults;
import dev.javf.sim.SimulatedPhysicalFunction;
import dev.javf.sim.SimulatedPhysicalFunctionContext;

import org.agrona.concurrent.AgentRunner;
import org.jspecify.annotations.Nullable;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;

/** The program {@code javf sim}. It runs until a signal ends it. */
@Command(
        name = "javf sim",
        mixinStandardHelpOptions = true,
        description =
                "Simulates a physical function and serves each of its virtual functions on a"
                        + " vfio-user socket, DIR/vf0.sock and so on, for QEMU's vfio-user-pci or"
                        + " for javf itself.")
public final class SimulatorProgram implements Callable<Integer> {
    private static final String TAP_PREFIX = "tap:";
    private static final int SEEDED_PER_MILLE = 20;
    private static final long SEEDED_DELAY_NS = 20_000_000;

    @Option(
            names = "--vfs",
            paramLabel = "N",
            defaultValue = "2",
            description = "virtual functions, 1 to 256 (default: ${DEFAULT-VALUE})")
    private int virtualFunctions;

    @Option(
            names = "--sockets",
            paramLabel = "DIR",
            required = true,
            description = "directory for the sockets; made if there is none")
    private Path directory = Path.of("");

    @Option(
            names = "--pf",
            paramLabel = "MODE",
            defaultValue = "ice-v2-svm",
            description =
                    "the PF's driver: ice-v2-svm, ice-v1, ice-v2-dvm, i40e-v1, i40e-v2 or ice-old"
                            + " (default: ${DEFAULT-VALUE})")
    private String mode = "";

    @Option(
            names = "--delays",
            paramLabel = "DELAYS",
            defaultValue = "typical",
            description =
                    "how long things take: typical, none, or what differs, such as"
                            + " none,vf-reset=50ms; one of mailbox, message, rule, vf-reset,"
                            + " pf-reset-hardware and pf-reset (default: ${DEFAULT-VALUE})")
    private String delays = "";

    @Option(
            names = "--faults",
            paramLabel = "FAULT",
            description =
                    "what goes wrong, as words of the control command fault, such as 'vf 0"
                            + " ADD_VLAN_V2 lose-answer times 2'; may be given several times")
    private List<String> faults = List.of();

    @Option(
            names = "--fault-seed",
            paramLabel = "SEED",
            description =
                    "besides, 2 of 100 messages and 2 of 100 resets go wrong in ways that the seed"
                            + " chooses, with delays up to 20 ms")
    private @Nullable Long faultSeed;

    @Option(
            names = "--uplink",
            paramLabel = "tap:NAME",
            description = "makes a TAP device and plugs the port's cable into it")
    private @Nullable String uplink;

    @Option(
            names = "--first-mac",
            paramLabel = "MAC",
            description = "address of VF 0, the others get the following ones (default: none)")
    private @Nullable String firstMac;

    @Option(
            names = "--unsealed-memory",
            description =
                    "takes memory from clients that they could shrink, too, as that of QEMU's"
                            + " memory-backend-file is; one who does so is cut off")
    private boolean unsealedMemory;

    @Option(
            names = "--queue-pairs",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "of each VF, 1 to --max-queue-pairs (default: 0, one for each vector but the"
                            + " first, 16 at most)")
    private int queuePairs;

    @Option(
            names = "--max-queue-pairs",
            paramLabel = "N",
            defaultValue = "16",
            description =
                    "that a VF can ask for, 16 to 256; with more than 16 the PF, one of ice, has"
                            + " large VFs (default: ${DEFAULT-VALUE})")
    private int maxQueuePairs;

    @Option(
            names = "--rss-lut",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "entries of each VF's RSS table: 64 spread over 16 queues, 512 over 64, 2048"
                            + " over 256 (default: 0, enough for --max-queue-pairs)")
    private int rssLutEntries;

    @Option(
            names = "--vectors",
            paramLabel = "N",
            defaultValue = "0",
            description = "interrupts of each VF, 2 to 65 (default: 0, as many as ice would give)")
    private int vectors;

    @Spec private CommandLine.Model.@Nullable CommandSpec spec;

    /**
     * Runs the program.
     *
     * @param args options; {@code --help} lists them.
     */
    public static void main(final String[] args) {
        System.exit(
                new CommandLine(new SimulatorProgram())
                        .setExecutionExceptionHandler((error, commandLine, parsed) -> {
                            System.err.println("javf sim: " + error.getMessage());
                            return 1;
                        })
                        .execute(args));
    }

    @Override
    public Integer call() throws InterruptedException {
        final PlannedFaults planned = new PlannedFaults();
        final ExchangeRecorder recorder = new ExchangeRecorder();
        final SimulatedPhysicalFunctionContext context = context(planned, recorder);
        final String tapName = tapName();
        final SimulatedPhysicalFunction pf = new SimulatedPhysicalFunction(context);
        final SimulatorAgent agent =
                agent(pf, new ControlCommands(pf, planned, recorder), madeDirectory(), tapName);
        final AgentRunner runner =
                new AgentRunner(agent.idleStrategy(), Throwable::printStackTrace, null, agent);
        Runtime.getRuntime().addShutdownHook(new Thread(runner::close, "javf-sim-on-signal"));
        AgentRunner.startOnThread(runner);
        System.out.println(
                agent.addresses().stream()
                        .map(Object::toString)
                        .collect(Collectors.joining(" ", "ready: ", "")));
        new CountDownLatch(1).await();
        return 0;
    }

    private SimulatorAgent agent(
            final SimulatedPhysicalFunction pf,
            final ControlCommands commands,
            final Path sockets,
            final @Nullable String tapName) {
        try {
            return new SimulatorAgent(
                    pf, commands, sockets, tapName, unsealedMemory, System.err::println);
        } catch (final IllegalArgumentException e) {
            throw wrong(String.valueOf(e.getMessage()), e);
        } catch (final LinuxException e) {
            final String remedy =
                    e.errno() == Libc.EADDRINUSE()
                            ? "; a simulator runs there already: stop it, or use another --sockets"
                            : "";
            throw new IllegalStateException(e.getMessage() + remedy, e);
        }
    }

    private SimulatedPhysicalFunctionContext context(
            final PlannedFaults planned, final ExchangeRecorder recorder) {
        try {
            for (final String fault : faults) {
                FaultWords.add(Words.of(fault), virtualFunctions, planned);
            }
            final SeededFaults seeded =
                    faultSeed == null
                            ? null
                            : new SeededFaults(
                                    faultSeed, SEEDED_PER_MILLE, SEEDED_PER_MILLE, SEEDED_DELAY_NS);
            return new SimulatedPhysicalFunctionContext()
                    .virtualFunctions(virtualFunctions)
                    .mode(PfMode.of(mode))
                    .delays(DelayWords.parse(delays))
                    .faultPlan(seeded == null ? planned : planned.or(seeded))
                    .observer(recorder)
                    .firstMac(firstMac == null ? null : MacAddress.of(firstMac))
                    .queuePairsPerVf(queuePairs)
                    .maxQueuePairsPerVf(maxQueuePairs)
                    .rssLutEntries(rssLutEntries)
                    .vectorsPerVf(vectors)
                    .conclude();
        } catch (final IllegalArgumentException e) {
            throw wrong(String.valueOf(e.getMessage()), e);
        }
    }

    private @Nullable String tapName() {
        if (uplink == null) {
            return null;
        }
        if (!uplink.startsWith(TAP_PREFIX)) {
            throw wrong("--uplink " + uplink + ": write tap:NAME", null);
        }
        return uplink.substring(TAP_PREFIX.length());
    }

    private Path madeDirectory() {
        try {
            return Files.createDirectories(
                    directory,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
        } catch (final IOException e) {
            throw wrong("--sockets " + directory + ": can't be made a directory: " + e, e);
        }
    }

    private ParameterException wrong(final String message, final @Nullable Exception cause) {
        return new ParameterException(
                spec == null ? new CommandLine(this) : spec.commandLine(), message, cause);
    }
}
