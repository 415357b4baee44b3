package dev.javf.vfio.kernel;

import org.jspecify.annotations.Nullable;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a PCI function is.
 *
 * @param domain 0 to 0xFFFFFFFF; 0 on most machines.
 * @param bus 0 to 255.
 * @param device 0 to 31.
 * @param function 0 to 7.
 */
public record PciAddress(long domain, int bus, int device, int function) {
    private static final Pattern TEXT =
            Pattern.compile(
                    "(?:([0-9a-f]{4,8}):)?([0-9a-f]{2}):([01][0-9a-f])\\.([0-7])",
                    Pattern.CASE_INSENSITIVE);

    /**
     * Reads an address.
     *
     * @param text {@code 0000:3b:01.0}, or without domain {@code 3b:01.0}.
     * @return the address; null if the text is no such thing.
     */
    public static @Nullable PciAddress parse(final String text) {
        final Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            return null;
        }
        final String domain = matcher.group(1);
        return new PciAddress(
                domain == null ? 0 : Long.parseLong(domain, 16),
                Integer.parseInt(matcher.group(2), 16),
                Integer.parseInt(matcher.group(3), 16),
                Integer.parseInt(matcher.group(4)));
    }

    /** As the kernel writes it, {@code 0000:3b:01.0}. */
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%04x:%02x:%02x.%d", domain, bus, device, function);
    }
}
