package dev.javf.iavf;

import dev.javf.linux.UnixAddress;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;
import dev.javf.vfio.user.VfioUserDevice;
import dev.javf.virtchnl.VlanSet;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A driver in a process of its own: it opens the VF at a socket, wants what its number says, sends
 * frames, and, once told to, asks for other things as well. It never ends by itself.
 */
final class DriverProcess implements AutoCloseable {
    private static final int FRAME_BYTES = 60;

    private final Process process;
    private final int number;

    private DriverProcess(final Process process, final int number) {
        this.process = process;
        this.number = number;
    }

    static DriverProcess start(final UnixAddress address, final int number) throws IOException {
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
                                        DriverProcess.class.getName(),
                                        address.toString(),
                                        Integer.toString(number)))
                        .inheritIO()
                        .redirectInput(ProcessBuilder.Redirect.PIPE)
                        .start();
        return new DriverProcess(process, number);
    }

    /** The VLANs that it wants. */
    VlanSet vlans() {
        return vlans(number);
    }

    private static VlanSet vlans(final int number) {
        final int first = 10 + number % 500 * 4;
        return VlanSet.range(first, first + 3);
    }

    /** The address that it wants beside the one that the PF assigns. */
    MacAddress mac() {
        return mac(number);
    }

    private static MacAddress mac(final int number) {
        return new MacAddress(0x0200_0001_0000L + number);
    }

    /** From now on it asks for more, again and again. */
    void goOn() throws IOException {
        process.getOutputStream().write('\n');
        process.getOutputStream().flush();
    }

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
    public static void main(final String[] arguments) throws IOException {
        final int number = Integer.parseInt(arguments[1]);
        final PacketPool pool = new PacketPool("killed", 512);
        final VirtualFunction vf =
                VirtualFunction.open(
                        new VirtualFunctionContext()
                                .device(
                                        VfioUserDevice.open(
                                                new UnixAddress(arguments[0]),
                                                new VfioUserDevice.Context()))
                                .queueOwner(new DriverRig.Owner())
                                .packetPool(pool)
                                .rxRingLength(64)
                                .txRingLength(64)
                                .logger(new LogLines()));
        vf.up();
        vf.addVlans(vlans(number), result -> {});
        vf.addMac(mac(number), (address, installed, reason) -> {});
        final SplittableRandom random = new SplittableRandom(number);
        boolean goesOn = false;
        while (vf.state() != LifecycleState.REMOVED) {
            final int work = vf.doWork();
            if (vf.state() == LifecycleState.UP) {
                traffic(vf, pool);
            }
            if (work == 0) {
                goesOn |= System.in.available() > 0;
                if (goesOn && vf.vlans().openRequests() < 4) {
                    request(vf, random);
                }
                Thread.onSpinWait();
            }
        }
    }

    /** Takes what has come, and sends a frame to everyone. */
    private static void traffic(final VirtualFunction vf, final PacketPool pool) {
        final QueueSet queues = vf.queues();
        final MacAddress own = vf.macAddress();
        if (queues == null || own == null) {
            return;
        }
        final PacketVector packets = new PacketVector(64);
        queues.rx(0).receive(packets);
        pool.free(packets);
        queues.tx(0).freeDone();
        if (queues.tx(0).available() > 8 && pool.available() > 8) {
            final byte[] frame = new byte[FRAME_BYTES];
            for (int i = 0; i < 6; i++) {
                frame[i] = (byte) 0xFF;
            }
            own.write(MemorySegment.ofArray(frame), 6);
            frame[12] = (byte) 0x88;
            frame[13] = (byte) 0xB5;
            Frames.add(pool, packets, frame, 0, 0);
            queues.tx(0).transmit(packets);
        }
    }

    private static void request(final VirtualFunction vf, final SplittableRandom random) {
        final int first = random.nextInt(3000, 4000);
        final VlanSet some = VlanSet.range(first, first + random.nextInt(4));
        switch (random.nextInt(5)) {
            case 0, 1 -> vf.addVlans(some, result -> {});
            case 2 -> vf.removeVlans(some, result -> {});
            case 3 -> vf.requestStatistics();
            default -> vf.promiscuous(false, random.nextBoolean());
        }
    }
}
