package dev.javf.vfio.kernel;

import dev.javf.linux.LinuxException;
import dev.javf.linux.MemoryLock;
import dev.javf.linux.UncheckedMemory;
import dev.javf.linux.libc.Libc;
import dev.javf.linux.vfio.Vfio;
import dev.javf.linux.vfio.iommu_ioas_alloc;
import dev.javf.linux.vfio.iommu_ioas_iova_ranges;
import dev.javf.linux.vfio.iommu_ioas_map;
import dev.javf.linux.vfio.iommu_ioas_unmap;
import dev.javf.linux.vfio.vfio_device_attach_iommufd_pt;
import dev.javf.linux.vfio.vfio_group_status;
import dev.javf.linux.vfio.vfio_iommu_type1_dma_map;
import dev.javf.linux.vfio.vfio_iommu_type1_dma_unmap;
import dev.javf.linux.vfio.vfio_iommu_type1_info;
import dev.javf.vfio.CopyDevice;
import dev.javf.vfio.wire.Wire;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Stands in for the kernel at the boundary of its system calls: VFIO's containers, groups, devices
 * and iommufd as far as they are used, with the order and the limits that the kernel insists on,
 * and {@link CopyDevice} behind them.
 */
final class FakeKernel implements VfioCalls {
    private static final int FIRST_FD = 100_000;
    private static final int IOAS_ID = 7;

    private final CopyDevice model;
    private final Map<Integer, FakeFile> files = new HashMap<>();
    private final Map<String, Integer> refusals = new HashMap<>();
    private final List<String> notes = new ArrayList<>();
    private int nextFd = FIRST_FD;
    private boolean isViable = true;
    private boolean isUnplugged;
    private int interruptVectorsLeft = 64;
    private long lockableBytes = MemoryLock.UNLIMITED;
    private long lockedElsewhereBytes;
    private int bindErrno;
    private int resetErrno;
    private long[][] ranges = FakeIommu.RANGES;
    private String wantedToken = "";

    FakeKernel(final CopyDevice model) {
        this.model = model;
    }

    CopyDevice model() {
        return model;
    }

    /** What happened that a driver can't see. */
    List<String> notes() {
        return notes;
    }

    void note(final String text) {
        notes.add(text);
    }

    int openFiles() {
        return files.size();
    }

    void refuse(final String node, final int errno) {
        refusals.put(node, errno);
    }

    void viable(final boolean isOn) {
        isViable = isOn;
    }

    void unplug() {
        isUnplugged = true;
    }

    boolean isUnplugged() {
        return isUnplugged;
    }

    void interruptVectorsLeft(final int count) {
        interruptVectorsLeft = count;
    }

    int interruptVectorsLeft() {
        return interruptVectorsLeft;
    }

    void lockableBytes(final long bytes) {
        lockableBytes = bytes;
    }

    /** What the process has locked for other devices and for itself. */
    void lockedElsewhere(final long bytes) {
        lockedElsewhereBytes = bytes;
    }

    /** Makes binding to iommufd fail. */
    void refuseBind(final int errno) {
        bindErrno = errno;
    }

    /** Makes a reset fail, as while the kernel waits for the device with its lock held. */
    void refuseReset(final int errno) {
        resetErrno = errno;
    }

    int resetErrno() {
        return resetErrno;
    }

    /** Leaves some addresses to be mapped. */
    void allowedRanges(final long[][] allowed) {
        ranges = allowed;
    }

    void wantedToken(final String token) {
        wantedToken = token;
    }

    /** The device, however it was opened. */
    FakeDeviceFile device() {
        return files.values().stream()
                .filter(FakeDeviceFile.class::isInstance)
                .map(FakeDeviceFile.class::cast)
                .findFirst()
                .orElseThrow();
    }

    int opened(final FakeFile file) {
        files.put(nextFd, file);
        return nextFd++;
    }

    void closed(final int fd) {
        files.remove(fd);
    }

    @Override
    public VfioFile open(final String path) {
        final String node = path.substring(path.indexOf("/dev/"));
        final Integer errno = refusals.get(node);
        if (errno != null && errno != 0) {
            throw new LinuxException("open(\"" + path + "\", O_RDWR)", errno);
        }
        note("open " + node);
        return switch (node) {
            case "/dev/vfio/vfio" -> new Container();
            case "/dev/vfio/42", "/dev/vfio/noiommu-42" -> new Group();
            case "/dev/iommu" -> new Iommufd();
            case "/dev/vfio/devices/vfio3" -> new CharacterDevice();
            default -> throw new LinuxException("open(\"" + path + "\", O_RDWR)", Libc.ENOENT());
        };
    }

    @Override
    public VfioFile adopt(final int fd) {
        final FakeFile file = files.get(fd);
        if (file == null) {
            throw new IllegalStateException("no descriptor " + fd);
        }
        return file;
    }

    @Override
    public long lockableBytes() {
        return lockableBytes;
    }

    @Override
    public long lockedBytes() {
        return lockedElsewhereBytes;
    }

    /** A structure that the kernel is given, for as long as it says itself. */
    private static MemorySegment structure(final MemorySegment argument) {
        return UncheckedMemory.of(argument.address(), argument.byteSize());
    }

    private final class Container extends FakeFile {
        private final FakeIommu iommu = new FakeIommu(model.dma(), lockableBytes, ranges);
        private boolean hasGroup;
        private int type;

        Container() {
            super(FakeKernel.this);
        }

        @Override
        public int tryIoctl(final long request, final MemorySegment argument) {
            if (request == Vfio.VFIO_GET_API_VERSION()) {
                return Vfio.VFIO_API_VERSION();
            }
            if (request == Vfio.VFIO_CHECK_EXTENSION()) {
                final long wanted = argument.address();
                return wanted == Vfio.VFIO_TYPE1v2_IOMMU() || wanted == Vfio.VFIO_NOIOMMU_IOMMU()
                        ? 1
                        : 0;
            }
            if (request == Vfio.VFIO_SET_IOMMU()) {
                if (!hasGroup || type != 0) {
                    return -Libc.EINVAL();
                }
                type = (int) argument.address();
                return 0;
            }
            return type == Vfio.VFIO_TYPE1v2_IOMMU() ? type1(request, argument) : -Libc.EINVAL();
        }

        private int type1(final long request, final MemorySegment argument) {
            final MemorySegment given = structure(argument);
            if (request == Vfio.VFIO_IOMMU_GET_INFO()) {
                return info(given);
            }
            if (request == Vfio.VFIO_IOMMU_MAP_DMA()) {
                return iommu.map(
                        vfio_iommu_type1_dma_map.iova(given),
                        vfio_iommu_type1_dma_map.vaddr(given),
                        vfio_iommu_type1_dma_map.size(given));
            }
            if (request == Vfio.VFIO_IOMMU_UNMAP_DMA()) {
                final long bytes =
                        iommu.unmap(
                                vfio_iommu_type1_dma_unmap.iova(given),
                                vfio_iommu_type1_dma_unmap.size(given));
                vfio_iommu_type1_dma_unmap.size(given, Math.max(0, bytes));
                return bytes < 0 ? (int) bytes : 0;
            }
            return -Libc.ENOTTY();
        }

        /** A migration capability comes first, to be skipped. */
        private int info(final MemorySegment info) {
            final int count = ranges.length;
            vfio_iommu_type1_info.argsz(info, 24 + 24 + 16 + 16 * count);
            vfio_iommu_type1_info.flags(
                    info, Vfio.VFIO_IOMMU_INFO_PGSIZES() | Vfio.VFIO_IOMMU_INFO_CAPS());
            vfio_iommu_type1_info.cap_offset(info, 24);
            info.set(Wire.U16, 24, (short) Vfio.VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION());
            info.set(Wire.U32, 28, 48);
            info.set(Wire.U16, 48, (short) Vfio.VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE());
            info.set(Wire.U32, 52, 0);
            info.set(Wire.U32, 56, count);
            for (int i = 0; i < count; i++) {
                info.set(Wire.U64, 64 + 16L * i, ranges[i][0]);
                info.set(Wire.U64, 72 + 16L * i, ranges[i][1]);
            }
            return 0;
        }

        @Override
        void onClose() {
            note("locked at close: " + iommu.lockedBytes());
            iommu.unmapAll();
        }
    }

    private final class Group extends FakeFile {
        private boolean hasContainer;

        Group() {
            super(FakeKernel.this);
        }

        @Override
        public int tryIoctl(final long request, final MemorySegment argument) {
            if (request == Vfio.VFIO_GROUP_GET_STATUS()) {
                vfio_group_status.flags(argument, isViable ? Vfio.VFIO_GROUP_FLAGS_VIABLE() : 0);
                return 0;
            }
            if (request == Vfio.VFIO_GROUP_SET_CONTAINER()) {
                if (!(files.get(argument.get(Wire.U32, 0)) instanceof final Container container)) {
                    return -Libc.EBADF();
                }
                container.hasGroup = true;
                hasContainer = true;
                return 0;
            }
            if (request == Vfio.VFIO_GROUP_GET_DEVICE_FD()) {
                final String name = argument.getString(0);
                final String token = wantedToken.isEmpty() ? "" : " vf_token=" + wantedToken;
                if (!hasContainer || !name.equals("0000:3b:01.0" + token)) {
                    return -Libc.EINVAL();
                }
                return new FakeDeviceFile(FakeKernel.this).fd();
            }
            return -Libc.ENOTTY();
        }
    }

    private final class Iommufd extends FakeFile {
        private final FakeIommu iommu = new FakeIommu(model.dma(), lockableBytes, ranges);
        private boolean hasSpace;

        Iommufd() {
            super(FakeKernel.this);
        }

        @Override
        public int tryIoctl(final long request, final MemorySegment argument) {
            final MemorySegment given = structure(argument);
            if (given.get(Wire.U32, 0) != given.byteSize()) {
                return -Libc.EINVAL();
            }
            if (request == Vfio.IOMMU_IOAS_ALLOC()) {
                hasSpace = true;
                iommu_ioas_alloc.out_ioas_id(given, IOAS_ID);
                return 0;
            }
            if (!hasSpace) {
                return -Libc.ENOENT();
            }
            if (request == Vfio.IOMMU_IOAS_IOVA_RANGES()) {
                final int count = iommu_ioas_iova_ranges.num_iovas(given);
                iommu_ioas_iova_ranges.num_iovas(given, ranges.length);
                final MemorySegment allowed =
                        UncheckedMemory.of(
                                iommu_ioas_iova_ranges.allowed_iovas(given), 16L * count);
                for (int i = 0; i < ranges.length; i++) {
                    allowed.set(Wire.U64, 16L * i, ranges[i][0]);
                    allowed.set(Wire.U64, 16L * i + 8, ranges[i][1]);
                }
                return 0;
            }
            if (request == Vfio.IOMMU_IOAS_MAP()) {
                return iommu_ioas_map.ioas_id(given) != IOAS_ID || iommu_ioas_map.flags(given) != 7
                        ? -Libc.EINVAL()
                        : iommu.map(
                                iommu_ioas_map.iova(given),
                                iommu_ioas_map.user_va(given),
                                iommu_ioas_map.length(given));
            }
            if (request == Vfio.IOMMU_IOAS_UNMAP()) {
                final long bytes =
                        iommu.unmap(iommu_ioas_unmap.iova(given), iommu_ioas_unmap.length(given));
                return bytes == 0 ? -Libc.ENOENT() : (int) Math.min(0, bytes);
            }
            return -Libc.ENOTTY();
        }

        @Override
        void onClose() {
            note("locked at close: " + iommu.lockedBytes());
            iommu.unmapAll();
        }
    }

    private final class CharacterDevice extends FakeDeviceFile {
        private boolean isBound;
        private boolean isAttached;

        CharacterDevice() {
            super(FakeKernel.this);
        }

        @Override
        boolean isUsable() {
            return isAttached;
        }

        @Override
        public int tryIoctl(final long request, final MemorySegment argument) {
            if (request == Vfio.VFIO_DEVICE_BIND_IOMMUFD() && bindErrno != 0) {
                return -bindErrno;
            }
            if (request == Vfio.VFIO_DEVICE_BIND_IOMMUFD()) {
                if (!(files.get(argument.get(Wire.U32, 8)) instanceof Iommufd)
                        || !token(argument).equals(wantedToken)) {
                    return -Libc.EINVAL();
                }
                isBound = true;
                return 0;
            }
            if (request == Vfio.VFIO_DEVICE_ATTACH_IOMMUFD_PT()) {
                isAttached = isBound && vfio_device_attach_iommufd_pt.pt_id(argument) == IOAS_ID;
                return isAttached ? 0 : -Libc.EINVAL();
            }
            return super.tryIoctl(request, argument);
        }

        private static String token(final MemorySegment bind) {
            if (bind.get(Wire.U32, 4) == 0) {
                return "";
            }
            final MemorySegment bytes = UncheckedMemory.of(bind.get(Wire.U64, 16), 16);
            final StringBuilder text = new StringBuilder();
            for (int i = 0; i < 16; i++) {
                text.append(i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "");
                final byte part = bytes.get(ValueLayout.JAVA_BYTE, i);
                text.append(Character.forDigit((part >> 4) & 15, 16));
                text.append(Character.forDigit(part & 15, 16));
            }
            return text.toString();
        }
    }
}
