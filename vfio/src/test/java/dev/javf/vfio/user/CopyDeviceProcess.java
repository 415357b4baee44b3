package dev.javf.vfio.user;

import dev.javf.linux.EventFd;
import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;
import dev.javf.linux.UnixAddress;
import dev.javf.vfio.CopyDevice;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * One end of a connection in a process of its own: {@code serve SOCKET} or {@code drive SOCKET}.
 */
final class CopyDeviceProcess implements AutoCloseable {
    private static final String READY = "ready";

    private final Process process;

    private CopyDeviceProcess(final Process process) {
        this.process = process;
    }

    /** Starts it, and returns when it serves or drives. */
    static CopyDeviceProcess start(final String role, final UnixAddress address)
            throws IOException {
        final Process process =
                new ProcessBuilder(
                                List.of(
                                        Path.of(System.getProperty("java.home"), "bin", "java")
                                                .toString(),
                                        "--enable-native-access=ALL-UNNAMED",
                                        "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
                                        "-Xmx64m",
                                        "-XX:+UseSerialGC",
                                        "-XX:TieredStopAtLevel=1",
                                        "-cp",
                                        System.getProperty("java.class.path"),
                                        CopyDeviceProcess.class.getName(),
                                        role,
                                        address.toString()))
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        return new CopyDeviceProcess(process);
    }

    /** Waits for what it says when it serves or drives. */
    void awaitReady() throws IOException {
        try (BufferedReader reader =
                new BufferedReader(
                        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            final String line = reader.readLine();
            if (!READY.equals(line)) {
                throw new IOException("the process said " + line);
            }
        }
    }

    /** Whether it still runs. */
    boolean isAlive() {
        return process.isAlive();
    }

    /** As {@code kill -9}. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    /** In the process itself. */
    public static void main(final String[] arguments) {
        final UnixAddress address = new UnixAddress(arguments[1]);
        if (arguments[0].equals("serve")) {
            serve(address);
        } else {
            drive(address);
        }
    }

    private static void serve(final UnixAddress address) {
        try (CopyDevice model = new CopyDevice();
                VfioUserServer server =
                        VfioUserServer.listen(address, model, new VfioUserServer.Context())) {
            System.out.println(READY);
            while (true) {
                if (server.doWork() + model.doWork() == 0) {
                    Thread.onSpinWait();
                }
            }
        }
    }

    private static void drive(final UnixAddress address) {
        try (SharedMemory memory = SharedMemory.allocate("driver", 8192, PageSize.PLAIN_4K);
                EventFd eventFd = EventFd.create();
                VfioUserDevice device =
                        VfioUserDevice.open(address, new VfioUserDevice.Context())) {
            device.mapDma(memory);
            device.interrupt(1, eventFd);
            System.out.println(READY);
            while (true) {
                device.condition();
                Thread.onSpinWait();
            }
        }
    }
}
