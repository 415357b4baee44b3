package dev.javf.virtio.vhost;

import dev.javf.linux.Descriptor;
import dev.javf.linux.LinuxException;
import dev.javf.linux.OpenFile;
import dev.javf.linux.libc.Libc;
import dev.javf.vfio.DmaAccess;
import dev.javf.vfio.DmaSpace;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** The guest's memory, region by region. What it refuses it says why. For one thread. */
final class FrontEndMemory implements AutoCloseable {
    /** Regions at a time, as GET_MAX_MEM_SLOTS says. */
    static final int MAX_REGIONS = 32;

    private record Mapped(MemoryRegion region, OpenFile file, Arena arena) {}

    private final DmaSpace space;
    private final boolean isUnsealedAllowed;
    private final List<Mapped> regions = new ArrayList<>();

    /**
     * Nothing is mapped yet.
     *
     * @param space where the device finds it, by the guest's addresses.
     * @param isUnsealedAllowed whether to take files that the front-end could shrink later.
     */
    FrontEndMemory(final DmaSpace space, final boolean isUnsealedAllowed) {
        this.space = space;
        this.isUnsealedAllowed = isUnsealedAllowed;
    }

    /** Whether a table is the one that is mapped, so that nothing has to stop for it. */
    boolean isSame(final List<MemoryRegion> table, final List<Descriptor> files) {
        if (table.size() != regions.size()) {
            return false;
        }
        for (int i = 0; i < table.size(); i++) {
            final Mapped mapped = regions.get(i);
            final OpenFile file = OpenFile.of(files.get(i));
            if (!mapped.region.equals(table.get(i))
                    || mapped.file.device() != file.device()
                    || mapped.file.inode() != file.inode()) {
                return false;
            }
        }
        return true;
    }

    /**
     * Maps one more region.
     *
     * @param region where.
     * @param descriptor of the file; it remains the caller's.
     * @return what is wrong with it, or null.
     */
    @Nullable String add(final MemoryRegion region, final Descriptor descriptor) {
        if (!region.isPossible()) {
            return "memory region is empty or wraps: " + region;
        }
        if (regions.size() == MAX_REGIONS) {
            return "more than " + MAX_REGIONS + " memory regions";
        }
        if (space.isMapped(region.guestAddress(), region.lengthBytes())) {
            return "memory region overlaps another: " + region;
        }
        try {
            return map(region, descriptor);
        } catch (final LinuxException e) {
            return "memory region can't be mapped: " + e.getMessage();
        }
    }

    private @Nullable String map(final MemoryRegion region, final Descriptor descriptor) {
        final OpenFile file = OpenFile.of(descriptor);
        if (!file.isRegular()) {
            return "memory region's file is none that can be mapped";
        }
        // Pages of a file that has been shrunk are gone, and reading one would be an error in us.
        if (!isUnsealedAllowed && (file.seals() & Libc.F_SEAL_SHRINK()) == 0) {
            return "memory region's file isn't sealed against shrinking (memory-backend-memfd's"
                    + " is), and the port doesn't trust its front-end";
        }
        if (region.lengthBytes() > file.lengthBytes() - region.fileOffset()) {
            return "memory region ends behind its file's "
                    + file.lengthBytes()
                    + " bytes: "
                    + region;
        }
        final Arena arena = Arena.ofShared();
        try {
            // The whole file: an offset needn't be a multiple of its page size, which may be huge.
            final MemorySegment memory =
                    descriptor.map(
                            0, file.lengthBytes(), Libc.PROT_READ() | Libc.PROT_WRITE(), arena);
            space.map(
                    region.guestAddress(),
                    memory,
                    region.fileOffset(),
                    region.lengthBytes(),
                    DmaAccess.READ_WRITE);
        } catch (final LinuxException e) {
            arena.close();
            throw e;
        }
        regions.add(new Mapped(region, file, arena));
        return null;
    }

    /**
     * Unmaps a region; its file and offset in it don't count.
     *
     * @param wanted the region.
     * @return whether there was one.
     */
    boolean remove(final MemoryRegion wanted) {
        for (final Mapped mapped : regions) {
            final MemoryRegion region = mapped.region;
            if (region.guestAddress() == wanted.guestAddress()
                    && region.lengthBytes() == wanted.lengthBytes()
                    && region.userAddress() == wanted.userAddress()) {
                regions.remove(mapped);
                space.unmap(region.guestAddress(), region.lengthBytes());
                mapped.arena.close();
                return true;
            }
        }
        return false;
    }

    /** Where a region has an address of the front-end's, as an address of the guest's. */
    boolean hasUser(final long userAddress) {
        return region(userAddress) != null;
    }

    /** The guest's address of an address of the front-end's; must be {@link #hasUser one}. */
    long guestAddress(final long userAddress) {
        final MemoryRegion region = region(userAddress);
        if (region == null) {
            throw new IllegalArgumentException("no memory at 0x" + Long.toHexString(userAddress));
        }
        return region.guestAddress() + (userAddress - region.userAddress());
    }

    private @Nullable MemoryRegion region(final long userAddress) {
        for (final Mapped mapped : regions) {
            if (mapped.region.hasUser(userAddress)) {
                return mapped.region;
            }
        }
        return null;
    }

    int size() {
        return regions.size();
    }

    /** Unmaps everything. */
    @Override
    public void close() {
        space.unmapAll();
        regions.forEach(mapped -> mapped.arena.close());
        regions.clear();
    }
}
