# For Doxygen, which reads the pages through this: places within a page are labels of its own kind, and
# what is no page can't be linked to.
s/^(##+) (redisc_[a-z0-9_]+)$/\1 \2 {#on_page_\2}/
s/\[`([^]`]*)`\]\(([a-z_]*\.md)?#(redisc_[a-z0-9_]+)\)/[\1](@ref on_page_\3)/g
s/\[([^]]*)\]\((bench|examples|generated\/[a-z]*\.json|tests)[^)]*\)/\1/g
