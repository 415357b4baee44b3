package dev.javf.linux;

import org.jspecify.annotations.Nullable;

/** The sizes of pages of the x86-64 architecture that memory can be made of. */
public enum PageSize {
    /** Ordinary pages, 4 KiB. */
    PLAIN_4K(4L << 10, "4 KiB"),
    /** Huge pages of 2 MiB. */
    HUGE_2M(2L << 20, "2 MiB"),
    /** Huge pages of 1 GiB. */
    HUGE_1G(1L << 30, "1 GiB");

    private final long bytes;
    private final String text;

    PageSize(final long bytes, final String text) {
        this.bytes = bytes;
        this.text = text;
    }

    /** Bytes in one page. */
    public long bytes() {
        return bytes;
    }

    /** {@code lengthBytes} rounded up to whole pages. */
    public long roundUp(final long lengthBytes) {
        return Math.addExact(lengthBytes, bytes - 1) & -bytes;
    }

    /** The next smaller size; null if there is none. */
    @Nullable PageSize smaller() {
        return switch (this) {
            case HUGE_1G -> HUGE_2M;
            case HUGE_2M -> PLAIN_4K;
            case PLAIN_4K -> null;
        };
    }

    /** The size as read by people, such as {@code 2 MiB}. */
    @Override
    public String toString() {
        return text;
    }
}
