package dev.javf.vfio.user;

import dev.javf.linux.Descriptor;
import dev.javf.linux.LinuxException;
import dev.javf.linux.OpenFile;
import dev.javf.linux.libc.Libc;
import dev.javf.vfio.DmaAccess;
import dev.javf.vfio.DmaSpace;
import dev.javf.vfio.RemoteMemory;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The memory that a client lets the device reach. A client maps and unmaps all the time (a guest's
 * firmware, a guest with an IOMMU), so each file is mapped once, whole, and a DMA mapping is a
 * range of it. For one thread.
 */
final class ClientMemory implements AutoCloseable {
    /**
     * Files that are mapped at a time: each costs an area of this process's address space, which
     * has 65530 of them (vm.max_map_count) for all that it does.
     */
    static final int MAX_FILES = 1024;

    private static final long PAGE_MASK = 4095;

    private final DmaSpace space;
    private final RemoteMemory remote;
    private final boolean isUnsealedAllowed;
    private final int maxMappings;
    private final List<MappedFile> files = new ArrayList<>();

    /**
     * Nothing is mapped yet.
     *
     * @param space the device's, for this client alone.
     * @param remote how to get at memory without a file.
     * @param isUnsealedAllowed whether to take files that the client could shrink later.
     * @param maxMappings at a time.
     */
    ClientMemory(
            final DmaSpace space,
            final RemoteMemory remote,
            final boolean isUnsealedAllowed,
            final int maxMappings) {
        this.space = space;
        this.remote = remote;
        this.isUnsealedAllowed = isUnsealedAllowed;
        this.maxMappings = maxMappings;
    }

    /**
     * DMA_MAP.
     *
     * @param message nothing in it is believed.
     * @param descriptors that came with it; they remain the caller's.
     * @return 0 or an errno.
     */
    int map(final DmaMapMessage message, final List<Descriptor> descriptors) {
        final int flags = message.flags();
        final long unaligned = message.address() | message.size() | message.offset();
        if (message.argsz() < DmaMapMessage.LENGTH_BYTES
                || flags == 0
                || (flags & ~(DmaMapMessage.READ | DmaMapMessage.WRITE)) != 0
                || (unaligned & PAGE_MASK) != 0
                || message.size() <= 0
                || Long.compareUnsigned(message.address() + message.size() - 1, message.address())
                        < 0
                || descriptors.size() > 1) {
            return Libc.EINVAL();
        }
        if (space.size() >= maxMappings) {
            return Libc.ENOSPC();
        }
        if (space.isMapped(message.address(), message.size())) {
            return Libc.EEXIST();
        }
        final DmaAccess access =
                (flags & DmaMapMessage.WRITE) == 0 ? DmaAccess.READ_ONLY : DmaAccess.READ_WRITE;
        if (descriptors.isEmpty()) {
            space.map(message.address(), message.size(), access, remote);
            return 0;
        }
        try {
            return map(message, access, descriptors.getFirst());
        } catch (final LinuxException e) {
            return e.errno();
        }
    }

    private int map(
            final DmaMapMessage message, final DmaAccess access, final Descriptor descriptor) {
        final OpenFile file = OpenFile.of(descriptor);
        // Pages of a file that has been shrunk are gone, and reading one would be an error in us.
        if (!file.isRegular()
                || (!isUnsealedAllowed && (file.seals() & Libc.F_SEAL_SHRINK()) == 0)) {
            return Libc.EPERM();
        }
        if (message.offset() < 0 || message.size() > file.lengthBytes() - message.offset()) {
            return Libc.EINVAL();
        }
        final MappedFile mapped = mapped(descriptor, file, access);
        if (mapped == null) {
            return Libc.ENOSPC();
        }
        mapped.use();
        space.map(message.address(), mapped.memory(), message.offset(), message.size(), access);
        return 0;
    }

    /** Null if too many are mapped already. */
    private @Nullable MappedFile mapped(
            final Descriptor descriptor, final OpenFile file, final DmaAccess access) {
        final boolean forWriting = access == DmaAccess.READ_WRITE;
        for (final MappedFile candidate : files) {
            if (candidate.serves(file, forWriting)) {
                return candidate;
            }
        }
        if (files.size() == MAX_FILES) {
            return null;
        }
        final MappedFile mapped = MappedFile.map(descriptor, file, forWriting);
        files.add(mapped);
        return mapped;
    }

    /**
     * DMA_UNMAP: drops every mapping in a range, as VFIO's type 1 version 2 does.
     *
     * @param message nothing in it is believed.
     * @return 0 or an errno.
     */
    int unmap(final DmaUnmapMessage message) {
        final long address = message.address();
        final long size = message.size();
        if (message.argsz() < DmaUnmapMessage.LENGTH_BYTES) {
            return Libc.EINVAL();
        }
        if (message.flags() == DmaUnmapMessage.ALL && (address | size) == 0) {
            close();
            return 0;
        }
        if (message.flags() != 0
                || ((address | size) & PAGE_MASK) != 0
                || size == 0
                || Long.compareUnsigned(address + size - 1, address) < 0
                || space.isCutBy(address, size)) {
            return Libc.EINVAL();
        }
        space.unmap(address, size, this::release);
        return 0;
    }

    private void release(final MemorySegment memory) {
        final MappedFile file = file(memory);
        if (file != null && file.release()) {
            files.remove(file);
        }
    }

    private @Nullable MappedFile file(final MemorySegment memory) {
        for (final MappedFile candidate : files) {
            if (candidate.memory().equals(memory)) {
                return candidate;
            }
        }
        return null;
    }

    /** Whether pages of a file can't be had any more that was whole when it was mapped. */
    boolean hasLostPages() {
        return files.stream().anyMatch(MappedFile::hasLostPages);
    }

    /** How many files are mapped. */
    int files() {
        return files.size();
    }

    /** Unmaps everything. */
    @Override
    public void close() {
        space.unmapAll();
        files.forEach(MappedFile::close);
        files.clear();
    }
}
