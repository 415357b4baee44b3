package dev.javf.sim;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How users name a simulated VF: {@code sim:PF/VF}, such as {@code sim:0/1}.
 *
 * @param physicalFunction number of the PF, 0 to 999.
 * @param virtualFunction number of the VF at it, 0 to 255.
 */
public record SimulatedFunctionName(int physicalFunction, int virtualFunction) {
    /** What the names of simulated functions begin with. */
    public static final String PREFIX = "sim:";

    private static final Pattern TEXT = Pattern.compile("sim:(\\d{1,3})/(\\d{1,3})");

    public SimulatedFunctionName {
        if (physicalFunction < 0
                || physicalFunction > SimulatedPhysicalFunctionContext.MAX_INDEX
                || virtualFunction < 0
                || virtualFunction >= SimulatedPhysicalFunctionContext.MAX_VIRTUAL_FUNCTIONS) {
            throw wrong(PREFIX + physicalFunction + "/" + virtualFunction);
        }
    }

    /**
     * Reads a name.
     *
     * @param text {@code sim:PF/VF}.
     * @return what it says.
     * @throws IllegalArgumentException when it is no such name.
     */
    public static SimulatedFunctionName of(final String text) {
        final Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw wrong(text);
        }
        return new SimulatedFunctionName(
                Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
    }

    private static IllegalArgumentException wrong(final String text) {
        return new IllegalArgumentException(
                "'"
                        + text
                        + "' names no simulated VF; write sim:PF/VF, with PF 0 to 999 and VF 0 to"
                        + " 255");
    }

    @Override
    public String toString() {
        return PREFIX + physicalFunction + "/" + virtualFunction;
    }
}
