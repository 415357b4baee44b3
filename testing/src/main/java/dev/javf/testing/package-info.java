/** What the tests of all modules share. No module of the product depends on it. */
@NullMarked
package dev.javf.testing;

import org.jspecify.annotations.NullMarked;
