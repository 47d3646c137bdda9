# For Doxygen, which reads the headers through this.

# The macros that have functions' names only let those take C strings, and some others are of no use
# to anybody else: left out.
/^#define (redisc_[a-z0-9_]*\(|REDISC_(BEGIN_DECLS|END_DECLS|STATUS_VALUE))/{
    :line
    /\\$/{
        N
        b line
    }
    s/.*//
}

# The statuses are enumerators with their texts.
/^    X\(REDISC_/{
    H
    x
    s/X\((REDISC_[A-Z_]*), *(-?[0-9]*), *[A-Z_]*, *"([^"]*)"\)[ \\]*$/\1 = \2, \/**< \3 *\//
    x
}
/^    REDISC_STATUS_LIST\(/x

# In comments # and @ are letters, but for the commands that redisc's comments use.
/^ *(\/\*)?\*/{
    s/@(file|param|return|p) /\x01\1 /g
    s/@(file|return)$/\x01\1/
    s/[@#]/\\&/g
    s/\x01/@/g
}
