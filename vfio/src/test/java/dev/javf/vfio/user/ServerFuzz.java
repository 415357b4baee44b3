package dev.javf.vfio.user;

import static org.assertj.core.api.Assertions.assertThat;

import dev.javf.linux.Descriptor;
import dev.javf.linux.EventFd;
import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;
import dev.javf.linux.UnixAddress;
import dev.javf.linux.UnixSocket;
import dev.javf.linux.vfio.Vfio;
import dev.javf.vfio.CopyDevice;
import dev.javf.vfio.PciConfigSpace;
import dev.javf.vfio.wire.IrqInfo;
import dev.javf.vfio.wire.IrqSet;
import dev.javf.vfio.wire.RegionInfo;
import dev.javf.vfio.wire.Wire;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * A client without manners: messages that are nearly right, in pieces, with any descriptors, from
 * many connections one after the other. The server must answer each that is complete as the
 * protocol says, or close; and when the client has gone nothing may be left.
 */
final class ServerFuzz implements AutoCloseable {
    /** The outcome when the device wants memory that came without a file. */
    static final String ASKED_FOR_MEMORY = "asked for memory";

    private static final int[] EDGES = {
        0,
        1,
        2,
        3,
        4,
        7,
        15,
        16,
        20,
        24,
        31,
        32,
        33,
        64,
        0xFFF,
        0x1000,
        0x1001,
        0x2000,
        0x10000,
        0x7FFFFFFF,
        0x80000000,
        -1,
        -16,
        -4096
    };
    private static final int ROOM_BYTES = 2 << 20;
    private static final int CONFIG = Vfio.VFIO_PCI_CONFIG_REGION_INDEX();

    private final CopyDevice model = new CopyDevice();
    private final VfioUserServer server;
    private final UnixAddress address;
    private final SharedMemory sealed = memory("fuzz-sealed");
    private final SharedMemory unsealed = memory("fuzz-unsealed");
    private final EventFd eventFd = EventFd.create();
    private final List<UnixSocket> pair = UnixSocket.pair(UnixSocket.Kind.STREAM);
    private final Descriptor[] passable = {
        sealed.descriptor(),
        unsealed.descriptor(),
        eventFd.descriptor(),
        pair.getFirst().descriptor()
    };
    private final MemorySegment out = Arena.ofAuto().allocate(4096);
    private final MemorySegment in = Arena.ofAuto().allocate(ROOM_BYTES);
    private final long descriptorsBefore;
    private final SortedMap<String, Long> outcomes = new TreeMap<>();
    private List<Descriptor> wanted = List.of();
    private boolean isOutOfStep;
    private int inBytes;
    private long sent;
    private long answers;
    private long errors;

    ServerFuzz(final UnixAddress address) {
        this.address = address;
        sealed.seal();
        server =
                VfioUserServer.listen(
                        address,
                        model,
                        new VfioUserServer.Context().remoteDmaTimeoutNs(1).report(this::onReport));
        descriptorsBefore = OpenDescriptors.count();
    }

    private static SharedMemory memory(final String name) {
        return SharedMemory.allocate(name, 64L << 10, PageSize.PLAIN_4K);
    }

    private void onReport(final String report) {
        final String ending = "client is gone: ";
        final int at = report.indexOf(ending);
        if (at >= 0) {
            // Numbers in it are what the client made up.
            count(report.substring(at).replaceAll("[0-9]+", "N"));
        }
    }

    private void count(final String outcome) {
        outcomes.merge(outcome, 1L, Long::sum);
    }

    /**
     * What has happened and how often: {@code DMA_MAP: 0} for a success, with the errno for an
     * error, and {@code client is gone: } with each reason.
     */
    SortedMap<String, Long> outcomes() {
        return outcomes;
    }

    long sent() {
        return sent;
    }

    long answers() {
        return answers;
    }

    long errors() {
        return errors;
    }

    /** One connection's life. */
    void connect(final SplittableRandom random, final int messages) {
        final UnixSocket socket = UnixSocket.connect(UnixSocket.Kind.STREAM, address);
        inBytes = 0;
        isOutOfStep = false;
        boolean isOpen = true;
        if (random.nextInt(16) != 0) {
            final VersionMessage version = new VersionMessage(0, 0, RawClient.QEMU_VERSION);
            version.encode(out.asSlice(Header.LENGTH_BYTES));
            isOpen = send(socket, random, header(1, version.payloadBytes(), 0), List.of());
        }
        for (int i = 0; i < messages && isOpen; i++) {
            isOpen = sendOne(socket, random);
            if (random.nextInt(8) == 0) {
                model.doWork();
            }
        }
        takeAnswers(socket);
        socket.close();
        server.doWork();
        server.doWork();
        requireClean();
    }

    private void requireClean() {
        assertThat(server.isConnected()).isFalse();
        assertThat(model.dma().size()).isZero();
        assertThat(model.vector(0)).isNull();
        assertThat(model.vector(1)).isNull();
        assertThat(OpenDescriptors.count()).as("descriptors").isEqualTo(descriptorsBefore);
        assertThat(OpenDescriptors.mappings("fuzz-sealed")).as("mappings").isEqualTo(1);
    }

    private static Header header(final int command, final int payloadBytes, final int flags) {
        return new Header(1, command, Header.LENGTH_BYTES + payloadBytes, flags, 0);
    }

    private boolean sendOne(final UnixSocket socket, final SplittableRandom random) {
        if (random.nextInt(256) == 0) {
            return askToCopy(socket, random);
        }
        final int command =
                random.nextInt(64) == 0 ? random.nextInt(0x10000) : random.nextInt(1, 20);
        wanted = List.of();
        final int payloadBytes = payload(random, command);
        if (random.nextInt(4) == 0) {
            mutate(random, payloadBytes);
        }
        // What ends a connection is rare, so that others get far.
        final int flags =
                switch (random.nextInt(2048)) {
                    case 0, 1, 2, 3 -> random.nextInt();
                    case 4 -> Header.TYPE_REPLY;
                    default -> random.nextInt(8) == 0 ? Header.NO_REPLY : 0;
                };
        Header header = header(command, payloadBytes, flags);
        if (random.nextInt(1024) == 0) {
            header = new Header(1, command, edge(random), flags, 0);
        }
        return send(socket, random, header, descriptors(random));
    }

    /** Makes the device look for memory that the client may or may not have mapped. */
    private boolean askToCopy(final UnixSocket socket, final SplittableRandom random) {
        final int busMaster = PciConfigSpace.COMMAND_MEMORY | PciConfigSpace.COMMAND_BUS_MASTER;
        return write(socket, random, CONFIG, PciConfigSpace.COMMAND, busMaster)
                && write(socket, random, 0, CopyDevice.SOURCE_PAGE, (int) (page(random) >>> 12))
                && write(socket, random, 0, CopyDevice.LENGTH_DOORBELL, random.nextInt(1, 4096))
                && (model.doWork() >= 0 && takeAnswers(socket));
    }

    private boolean write(
            final UnixSocket socket,
            final SplittableRandom random,
            final int region,
            final int offset,
            final int value) {
        final MemorySegment payload = out.asSlice(Header.LENGTH_BYTES);
        new RegionAccess(offset, region, Integer.BYTES).encode(payload);
        payload.set(Wire.U32, RegionAccess.LENGTH_BYTES, value);
        final int payloadBytes = RegionAccess.LENGTH_BYTES + Integer.BYTES;
        return send(
                socket, random, header(Command.REGION_WRITE.code(), payloadBytes, 0), List.of());
    }

    /** Mostly those that belong there. */
    private List<Descriptor> descriptors(final SplittableRandom random) {
        if (random.nextInt(16) != 0) {
            return wanted;
        }
        final int count = random.nextInt(64) == 0 ? random.nextInt(15, 20) : random.nextInt(4);
        final List<Descriptor> descriptors = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            descriptors.add(passable[random.nextInt(passable.length)]);
        }
        return descriptors;
    }

    /** A payload that could be right. */
    private int payload(final SplittableRandom random, final int command) {
        final MemorySegment payload = out.asSlice(Header.LENGTH_BYTES);
        final Command known = Command.of(command);
        if (known == null) {
            return random.nextInt(64);
        }
        return switch (known) {
            case DMA_MAP -> dmaMap(random, payload);
            case DMA_UNMAP -> dmaUnmap(random, payload);
            case DEVICE_GET_REGION_INFO -> {
                final int argsz = random.nextBoolean() ? 32 : 64;
                new RegionInfo(argsz, 0, random.nextInt(10), 0, 0, 0).encode(payload);
                yield RegionInfo.LENGTH_BYTES;
            }
            case DEVICE_GET_INFO, DEVICE_GET_IRQ_INFO -> {
                new IrqInfo(16, 0, random.nextInt(6), 0).encode(payload);
                yield IrqInfo.LENGTH_BYTES;
            }
            case DEVICE_SET_IRQS -> setIrqs(random, payload);
            case REGION_READ -> {
                new RegionAccess(offset(random), region(random), width(random)).encode(payload);
                yield RegionAccess.LENGTH_BYTES;
            }
            case REGION_WRITE -> {
                final int count = width(random);
                new RegionAccess(offset(random), region(random), count).encode(payload);
                yield RegionAccess.LENGTH_BYTES + count;
            }
            case DEVICE_RESET -> 0;
            default -> random.nextInt(64);
        };
    }

    private int dmaMap(final SplittableRandom random, final MemorySegment payload) {
        if (random.nextInt(8) != 0) {
            wanted = List.of(sealed.descriptor());
        }
        final long offset = 4096L * random.nextInt(16);
        final long size = 4096L * random.nextInt(1, 5);
        new DmaMapMessage(32, random.nextInt(1, 4), offset, page(random), size).encode(payload);
        return DmaMapMessage.LENGTH_BYTES;
    }

    private static int dmaUnmap(final SplittableRandom random, final MemorySegment payload) {
        final long address = page(random);
        final long size =
                switch (random.nextInt(32)) {
                    case 0 -> -address;
                    case 1 -> 4096L << random.nextInt(1, 20);
                    default -> 4096L * random.nextInt(1, 8);
                };
        new DmaUnmapMessage(24, 0, address, size).encode(payload);
        return DmaUnmapMessage.LENGTH_BYTES;
    }

    private int setIrqs(final SplittableRandom random, final MemorySegment payload) {
        final int data = 1 << random.nextInt(3);
        final int count = random.nextInt(3);
        final int index = random.nextInt(4) == 0 ? random.nextInt(6) : random.nextInt(2, 5);
        new IrqSet(20, 0x20 | data, index, random.nextInt(2), count).encode(payload);
        if (data == IrqSet.DATA_EVENTFD && random.nextInt(4) != 0) {
            wanted = Collections.nCopies(count, eventFd.descriptor());
        }
        return IrqSet.LENGTH_BYTES + (data == IrqSet.DATA_BOOL ? count : 0);
    }

    private static long page(final SplittableRandom random) {
        final long page = 4096L * random.nextInt(64);
        return random.nextInt(4) == 0 ? -0x40000L + page : page;
    }

    private static int region(final SplittableRandom random) {
        return switch (random.nextInt(4)) {
            case 0 -> random.nextInt(10);
            case 1 -> CONFIG;
            default -> 0;
        };
    }

    private static int width(final SplittableRandom random) {
        return random.nextInt(3) == 0 ? random.nextInt(9) : Integer.BYTES;
    }

    private static long offset(final SplittableRandom random) {
        return switch (random.nextInt(4)) {
            case 0 -> 4L * random.nextInt(2048);
            case 1 -> CopyDevice.SOURCE_PAGE + (long) random.nextInt(8);
            case 2 -> random.nextInt(-8, 8);
            default -> CopyDevice.BAR_BYTES - (long) random.nextInt(-8, 8);
        };
    }

    private void mutate(final SplittableRandom random, final int payloadBytes) {
        for (int i = random.nextInt(1, 4); i > 0 && payloadBytes >= 4; i--) {
            final long at = (long) Header.LENGTH_BYTES + random.nextInt(payloadBytes - 3);
            if (random.nextBoolean()) {
                out.set(Wire.U32, at & -4L, edge(random));
            } else {
                out.set(ValueLayout.JAVA_BYTE, at, (byte) random.nextInt());
            }
        }
    }

    private static int edge(final SplittableRandom random) {
        return random.nextInt(4) == 0 ? random.nextInt() : EDGES[random.nextInt(EDGES.length)];
    }

    /** In one piece or several, and sometimes not to its end; false when the server has closed. */
    private boolean send(
            final UnixSocket socket,
            final SplittableRandom random,
            final Header header,
            final List<Descriptor> passed) {
        header.encode(out);
        final int announced = header.sizeBytes();
        final int lengthBytes = announced < 16 || announced > 4096 ? 16 : announced;
        isOutOfStep |= lengthBytes != announced; // what follows is taken for the rest
        List<Descriptor> withNext = passed;
        int at = 0;
        while (at < lengthBytes) {
            final int rest = lengthBytes - at;
            final int piece = random.nextInt(16) == 0 ? random.nextInt(1, rest + 1) : rest;
            final int result = socket.send(out, at, piece, withNext);
            if (result == UnixSocket.WOULD_BLOCK) {
                takeAnswers(socket);
                continue;
            }
            if (result < 0) {
                return false;
            }
            at += result;
            withNext = List.of();
            server.doWork();
        }
        sent++;
        return takeAnswers(socket) && server.isConnected();
    }

    /** Whatever the server sends is whole answers, well formed; false when it has closed. */
    private boolean takeAnswers(final UnixSocket socket) {
        while (true) {
            final int result = socket.receive(in, inBytes, ROOM_BYTES - inBytes, 16, closing());
            if (result <= 0) {
                return result == UnixSocket.WOULD_BLOCK;
            }
            inBytes += result;
            int at = 0;
            while (inBytes - at >= Header.LENGTH_BYTES) {
                final Header header = Header.decode(in.asSlice(at));
                assertThat(header.sizeBytes()).isBetween(Header.LENGTH_BYTES, ROOM_BYTES);
                if (inBytes - at < header.sizeBytes()) {
                    break;
                }
                requireWellFormed(header);
                at += header.sizeBytes();
            }
            MemorySegment.copy(in, at, in, 0, inBytes - at);
            inBytes -= at;
        }
    }

    private static List<Descriptor> closing() {
        return new ArrayList<>() {
            private static final long serialVersionUID = 1L;

            @Override
            public boolean add(final Descriptor descriptor) {
                descriptor.close();
                return true;
            }
        };
    }

    private void requireWellFormed(final Header header) {
        final Command command = Command.of(header.command());
        if (header.isCommand()) {
            // The device wants memory that has come without a file.
            assertThat(command).isIn(Command.DMA_READ, Command.DMA_WRITE);
            count(ASKED_FOR_MEMORY);
            return;
        }
        answers++;
        count((command == null ? "unknown" : command) + ": " + header.errno());
        assertThat(header.id() == 1 || isOutOfStep).isTrue();
        if (header.isError()) {
            errors++;
            assertThat(header.flags()).isEqualTo(Header.TYPE_REPLY | Header.ERROR);
            assertThat(header.errno()).isBetween(1, 133);
            assertThat(header.payloadBytes()).isZero();
        } else {
            assertThat(header.flags()).isEqualTo(Header.TYPE_REPLY);
            assertThat(header.errno()).isZero();
        }
    }

    @Override
    public void close() {
        server.close();
        pair.forEach(UnixSocket::close);
        eventFd.close();
        unsealed.close();
        sealed.close();
        model.close();
    }
}
