package dev.javf.virtio.pci;

import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;
import dev.javf.linux.UnixAddress;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;
import dev.javf.vfio.InProcessDoor;
import dev.javf.vfio.PciDevice;
import dev.javf.vfio.user.VfioUserDevice;
import dev.javf.vfio.user.VfioUserServer;
import dev.javf.virtio.driver.GuestMemory;
import dev.javf.virtio.driver.VirtioDriver;
import dev.javf.virtio.net.NetSettings;
import dev.javf.virtio.net.VirtioNet;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A network card, a door, and a guest's driver on the other side of it; all on one thread, with a
 * clock of its own.
 */
final class NicRig implements AutoCloseable {
    static final MacAddress MAC = MacAddress.of("02:00:00:00:00:01");
    static final long STEP_NS = 1_000_000;

    private static final int GUEST_BYTES = 16 << 20;

    /** How the driver reaches the function. */
    enum Door {
        IN_PROCESS,
        VFIO_USER
    }

    final PacketPool pool = new PacketPool("nic-rig", 256);
    final RecordedNetwork network = new RecordedNetwork();
    final List<String> reports = new ArrayList<>();
    final PacketVector vector = new PacketVector(64);
    final VirtioPciFunction function;
    final VirtioDriver driver;
    private final SharedMemory guest =
            SharedMemory.allocate("nic-rig-guest", GUEST_BYTES, PageSize.PLAIN_4K);
    private final PciDevice device;
    private @Nullable VfioUserServer server;
    private @Nullable Path folder;
    private long nowNs;

    NicRig(final NetSettings settings, final Door door) {
        function = new VirtioPciFunction(settings, pool, network, reports::add);
        device = door == Door.IN_PROCESS ? new InProcessDoor(function) : openVfioUser();
        driver = new VirtioDriver(device, new GuestMemory(device.mapDma(guest)), this::step);
    }

    static NicRig of(final Door door) {
        return new NicRig(NetSettings.access("nic", MAC), door);
    }

    static NicRig trunk(final Door door) {
        return new NicRig(NetSettings.access("nic", MAC).trunk(), door);
    }

    private PciDevice openVfioUser() {
        try {
            folder = Files.createTempDirectory("nic-rig");
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
        final UnixAddress address = new UnixAddress(folder.resolve("nic.sock").toString());
        final VfioUserServer listening =
                VfioUserServer.listen(address, function, new VfioUserServer.Context());
        server = listening;
        return VfioUserDevice.open(address, new VfioUserDevice.Context().idle(listening::doWork));
    }

    VirtioNet net() {
        return function.device();
    }

    /** One duty cycle of the card's thread. */
    void step() {
        final VfioUserServer current = server;
        if (current != null) {
            current.doWork();
        }
        nowNs += STEP_NS;
        net().doWork(nowNs);
    }

    /** What the guest has sent since the last time. */
    List<byte[]> received() {
        step();
        final List<byte[]> frames = new ArrayList<>();
        while (net().receive(vector) > 0) {
            for (int i = 0; i < vector.size(); i++) {
                frames.add(frame(i));
            }
            pool.free(vector);
        }
        return frames;
    }

    /** All pieces of a packet in the vector. */
    byte[] frame(final int i) {
        final byte[] frame = new byte[vector.totalBytes(i)];
        int buffer = vector.buffer(i);
        long at = pool.bufferOffset(buffer) + vector.offsetBytes(i);
        int piece = vector.lengthBytes(i);
        for (int done = 0; done < frame.length; ) {
            MemorySegment.copy(pool.memory(), ValueLayout.JAVA_BYTE, at, frame, done, piece);
            done += piece;
            if (done < frame.length) {
                buffer = pool.next(buffer);
                at = pool.bufferOffset(buffer) + pool.pieceOffsetBytes(buffer);
                piece = pool.pieceLengthBytes(buffer);
            }
        }
        return frame;
    }

    /**
     * Puts a frame into the vector, to be transmitted to the guest; in as many buffers as need be.
     */
    void add(final byte[] frame, final int vlan, final int flags, final int hash) {
        final int first = pool.allocate();
        int done = put(frame, 0, first);
        vector.add(first, pool.headroomBytes(), done, vlan, flags, hash);
        if (done < frame.length) {
            vector.segmented(vector.size() - 1, frame.length - done);
            pool.begin(first);
        }
        int last = first;
        while (done < frame.length) {
            final int buffer = pool.allocate();
            final int piece = put(frame, done, buffer);
            pool.append(last, buffer, pool.headroomBytes(), piece);
            last = buffer;
            done += piece;
        }
    }

    private int put(final byte[] frame, final int from, final int buffer) {
        final int piece = Math.min(frame.length - from, pool.dataCapacityBytes());
        MemorySegment.copy(
                frame, from, pool.memory(), ValueLayout.JAVA_BYTE, pool.dataOffset(buffer), piece);
        return piece;
    }

    /** Transmits a frame to the guest; false if there was no room for it. */
    boolean transmit(final byte[] frame) {
        add(frame, 0, 0, 0);
        final boolean isTaken = net().transmit(vector) == 1;
        pool.free(vector);
        return isTaken;
    }

    /** What a virtual machine's monitor does to a function when the machine is reset. */
    void resetMachine() {
        device.reset();
        device.config().enableBusMaster();
    }

    PciDevice device() {
        return device;
    }

    @Override
    public void close() {
        driver.close();
        device.close();
        final VfioUserServer current = server;
        if (current != null) {
            current.close();
        }
        guest.close();
        pool.close();
        if (folder != null) {
            try {
                Files.deleteIfExists(folder);
            } catch (final IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
