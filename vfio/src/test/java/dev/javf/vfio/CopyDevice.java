package dev.javf.vfio;

import dev.javf.linux.EventFd;
import dev.javf.linux.PageSize;
import dev.javf.linux.SharedMemory;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.List;

/**
 * A small device: it copies as many bytes as its doorbell says, from the page whose number is in a
 * register to the next page, then raises vector 1. The doorbell is plain memory; the register that
 * counts copies is cleared by reading.
 */
public final class CopyDevice implements PciDeviceModel, AutoCloseable {
    /** Bytes to copy; 0 when that is done. */
    public static final int LENGTH_DOORBELL = 0;

    /** The page to copy from: its address without its low 12 bits. */
    public static final int SOURCE_PAGE = 0x1000;

    /** How many copies were made since this was read last. */
    public static final int COPIES = 0x1004;

    /** Length of the only region. */
    public static final int BAR_BYTES = 0x2000;

    private static final int PAGE_BYTES = 4096;
    private static final VarHandle WORD = ValueLayout.JAVA_INT.varHandle();

    private final SharedMemory doorbells =
            SharedMemory.allocate("copy-device", PAGE_BYTES, PageSize.PLAIN_4K);
    private final SparseMmap sparseMmap =
            new SparseMmap(doorbells, List.of(new SparseMmap.Area(0, PAGE_BYTES)));
    private final MemorySegment buffer = Arena.ofAuto().allocate(PAGE_BYTES);
    private final DmaSpace dma = new DmaSpace();
    private final DmaCursor cursor = new DmaCursor(dma);
    private final @Nullable EventFd[] vectors = new EventFd[2];
    private final PciConfigModel config =
            new PciConfigModel(
                    new PciConfigModel.Identity(
                            1,
                            2,
                            3,
                            0xFF0000,
                            4,
                            5,
                            List.of(new PciConfigModel.Bar(0, BAR_BYTES)),
                            2,
                            0,
                            0x1800),
                    this::functionLevelReset);
    private int sourcePage;
    private int copies;
    private int resets;

    /** Copies, if it was asked to. */
    public int doWork() {
        final int length = (int) WORD.getAcquire(doorbells.segment(), (long) LENGTH_DOORBELL);
        if (length == 0 || !config.isBusMaster()) {
            return 0;
        }
        WORD.setRelease(doorbells.segment(), (long) LENGTH_DOORBELL, 0);
        final long iova = Integer.toUnsignedLong(sourcePage) << 12;
        if (!copy(iova, Math.clamp(length, 0, PAGE_BYTES))) {
            dma.recordFault(new IommuFault(name(), iova, 2 * PAGE_BYTES, "copy"));
            return 1;
        }
        copies++;
        final EventFd eventFd = vectors[1];
        if (eventFd != null) {
            eventFd.signal();
        }
        return 1;
    }

    private boolean copy(final long iova, final long length) {
        if (cursor.select(iova, 2 * PAGE_BYTES)) {
            MemorySegment.copy(
                    cursor.memory(),
                    cursor.offset(),
                    cursor.memory(),
                    cursor.offset() + PAGE_BYTES,
                    length);
            return true;
        }
        return cursor.read(iova, buffer, 0, length)
                && cursor.write(iova + PAGE_BYTES, buffer, 0, length);
    }

    /** How often the function was reset. */
    public int resets() {
        return resets;
    }

    /** What a vector signals. */
    public @Nullable EventFd vector(final int vector) {
        return vectors[vector];
    }

    @Override
    public String name() {
        return "copy";
    }

    @Override
    public PciConfigModel config() {
        return config;
    }

    @Override
    public long barLengthBytes(final int index) {
        return index == 0 ? BAR_BYTES : 0;
    }

    @Override
    public int readBar32(final int index, final long offset) {
        return switch ((int) offset) {
            case LENGTH_DOORBELL -> (int) WORD.getAcquire(doorbells.segment(), offset);
            case SOURCE_PAGE -> sourcePage;
            case COPIES -> {
                final int count = copies;
                copies = 0;
                yield count;
            }
            default -> 0;
        };
    }

    @Override
    public void writeBar32(final int index, final long offset, final int value) {
        if (offset == LENGTH_DOORBELL) {
            WORD.setRelease(doorbells.segment(), offset, value);
        } else if (offset == SOURCE_PAGE) {
            sourcePage = value;
        }
    }

    @Override
    public @Nullable MemorySegment barMemory(
            final int index, final long offset, final long lengthBytes) {
        return offset + lengthBytes <= PAGE_BYTES
                ? doorbells.segment().asSlice(offset, lengthBytes)
                : null;
    }

    @Override
    public @Nullable SparseMmap sparseMmap(final int index) {
        return index == 0 ? sparseMmap : null;
    }

    @Override
    public DmaSpace dma() {
        return dma;
    }

    @Override
    public int interruptVectors() {
        return vectors.length;
    }

    @Override
    public void interrupt(final int vector, final @Nullable EventFd eventFd) {
        vectors[vector] = eventFd;
    }

    @Override
    public void functionLevelReset() {
        resets++;
        config.clearOnReset();
        sourcePage = 0;
        copies = 0;
        WORD.setRelease(doorbells.segment(), (long) LENGTH_DOORBELL, 0);
    }

    @Override
    public void close() {
        doorbells.close();
    }
}
