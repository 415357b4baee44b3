package dev.javf.vfio.user;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.vfio.CopyDevice;
import dev.javf.vfio.PciConfigSpace;
import dev.javf.vfio.wire.DeviceInfo;
import dev.javf.vfio.wire.IrqInfo;
import dev.javf.vfio.wire.IrqSet;
import dev.javf.vfio.wire.RegionInfo;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Jazzer looks for inputs of {@link ServerFuzzTarget} that reach new code, for a bounded time. */
@Tag("proof")
class VfioUserCoverageFuzzTest {
    private static final String JAZZER = "com.code_intelligence.jazzer.Jazzer";
    private static final int RUNS = 50_000;
    private static final int MAX_TIME_S = 40;

    /** Edges that the seeds alone reach: fewer means that nothing is instrumented. */
    private static final int COVERED_AT_LEAST = 600;

    private static final Pattern COVERED = Pattern.compile("cov: (\\d+)");

    /**
     * Jazzer instruments class files up to Java 23's version. Ours have a later one but nothing in
     * them that is newer, so that copies with another number do.
     */
    private static final byte CLASS_FILE_VERSION = 67;

    private static final int VERSION_OFFSET = 7;

    @TempDir private Path folder;

    @Test
    void shouldFindNoInputThatTheServerDoesNotSurvive() throws Exception {
        final Path classes = folder.resolve("classes");
        copyClasses(VfioUserServer.class, classes);
        copyClasses(ServerFuzzTarget.class, classes);
        final Path corpus = Files.createDirectories(folder.resolve("corpus"));
        writeSeeds(corpus);
        final Process process =
                new ProcessBuilder(
                                List.of(
                                        Path.of(System.getProperty("java.home"), "bin", "java")
                                                .toString(),
                                        "--enable-native-access=ALL-UNNAMED",
                                        "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
                                        "-XX:+EnableDynamicAgentLoading",
                                        "-XX:+UseSerialGC",
                                        "-Xmx512m",
                                        "-cp",
                                        classes
                                                + File.pathSeparator
                                                + System.getProperty("java.class.path"),
                                        JAZZER,
                                        "--target_class=" + ServerFuzzTarget.class.getName(),
                                        "--instrumentation_includes=dev.javf.vfio.**",
                                        "--custom_hook_excludes=**",
                                        "--disabled_hooks=**",
                                        "--trace=cov",
                                        "-seed=1",
                                        "-runs=" + RUNS,
                                        "-max_total_time=" + MAX_TIME_S,
                                        "-max_len=2048",
                                        corpus.toString()))
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .start();
        final String output =
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        final Matcher matcher = COVERED.matcher(output);
        int covered = 0;
        while (matcher.find()) {
            covered = Integer.parseInt(matcher.group(1));
        }
        assertThat(covered).as(output).isGreaterThan(COVERED_AT_LEAST);
    }

    /** One connection's life of every message that is served, as it should be. */
    private static void writeSeeds(final Path corpus) throws IOException {
        final int trigger = IrqSet.DATA_EVENTFD | IrqSet.ACTION_TRIGGER;
        final byte[][] messages = {
            message(Command.DMA_MAP, 1, 32, new DmaMapMessage(32, 3, 0, 0, 0x4000)::encode),
            message(Command.DMA_MAP, 0, 32, new DmaMapMessage(32, 1, 0, -4096, 4096)::encode),
            message(Command.DEVICE_GET_INFO, 0, 16, new DeviceInfo(16, 0, 0, 0)::encode),
            message(
                    Command.DEVICE_GET_REGION_INFO,
                    0,
                    32,
                    new RegionInfo(64, 0, 0, 0, 0, 0)::encode),
            message(Command.DEVICE_GET_IRQ_INFO, 0, 16, new IrqInfo(16, 0, 2, 0)::encode),
            message(Command.DEVICE_SET_IRQS, 3, 20, new IrqSet(20, trigger, 2, 0, 2)::encode),
            message(
                    Command.REGION_WRITE,
                    0,
                    20,
                    payload ->
                            RawClient.encodeWrite(
                                    payload, 7, PciConfigSpace.COMMAND, new byte[] {6, 4, 0, 0})),
            message(
                    Command.REGION_WRITE,
                    0,
                    20,
                    payload ->
                            RawClient.encodeWrite(
                                    payload,
                                    0,
                                    CopyDevice.LENGTH_DOORBELL,
                                    new byte[] {9, 0, 0, 0})),
            message(Command.REGION_READ, 0, 16, new RegionAccess(CopyDevice.COPIES, 0, 4)::encode),
            message(Command.DMA_UNMAP, 0, 24, new DmaUnmapMessage(24, 0, 0, 0x4000)::encode),
            message(Command.DEVICE_RESET, 0, 0, payload -> {}),
        };
        final ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int i = 0; i < messages.length; i++) {
            Files.write(corpus.resolve("message-" + i), messages[i]);
            all.writeBytes(messages[i]);
        }
        Files.write(corpus.resolve("all"), all.toByteArray());
    }

    private static byte[] message(
            final Command command,
            final int descriptors,
            final int payloadBytes,
            final Consumer<MemorySegment> encoder) {
        final MemorySegment payload = Arena.ofAuto().allocate(payloadBytes, Long.BYTES);
        encoder.accept(payload);
        final ByteArrayOutputStream message = new ByteArrayOutputStream();
        message.writeBytes(
                new byte[] {(byte) command.code(), 0, (byte) descriptors, (byte) payloadBytes});
        message.writeBytes(payload.toArray(ValueLayout.JAVA_BYTE));
        return message.toByteArray();
    }

    /** Copies the folder of classes that one is in. */
    private static void copyClasses(final Class<?> one, final Path into)
            throws IOException, URISyntaxException {
        final Path from = Path.of(one.getProtectionDomain().getCodeSource().getLocation().toURI());
        try (Stream<Path> files = Files.walk(from)) {
            for (final Path file : (Iterable<Path>) files::iterator) {
                if (file.toString().endsWith(".class")) {
                    final byte[] content = Files.readAllBytes(file);
                    content[VERSION_OFFSET] = CLASS_FILE_VERSION;
                    final Path copy = into.resolve(from.relativize(file).toString());
                    Files.createDirectories(copy.getParent());
                    Files.write(copy, content);
                }
            }
        }
    }
}
