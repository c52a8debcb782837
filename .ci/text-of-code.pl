# What .ci/words and .ci/imports share.
use strict;
use warnings;
use utf8;

# The repository's files below some paths that git doesn't ignore, without links.
sub files {
  open my $list, '-|', 'git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', @_
    or die "can't start git: $!\n";
  binmode $list, ':encoding(UTF-8)';
  return sort grep { -f && !-l } split /\0/, do { local $/; <$list> // '' };
}

sub text {
  open my $file, '<:encoding(UTF-8)', $_[0] or die "$_[0]: can't be read ($!)\n";
  local $/;
  return <$file> // '';
}

# The code of Swift or C with blanks in place of everything but strings and, if `comments`, comments. Lines stay lines. What strings
# interpolate becomes `gap`, a blank by default.
sub text_of_code {
  my ($code, $comments, $gap) = @_;
  $gap //= ' ';
  my $nested = qr/\((?:[^()\n]|\((?:[^()\n]|\([^()\n]*\))*\))*\)/;
  my $result = '';
  while ($code =~ m{\G(?:(//[^\n]*|/\*.*?\*/)|(\#*""".*?"""\#*|\#"(?:[^"\n]|"(?!\#))*"\#|"(?:\\$nested|\\.|[^"\\\n])*")|(\n)|.)}gs) {
    my ($comment, $string, $newline) = ($1, $2, $3);
    if (defined $string) {
      # What is interpolated is code.
      $result .= $string =~ s/\\\#*$nested/$gap/gr;
    } elsif (defined $comment) {
      $result .= $comments ? $comment : $comment =~ s/[^\n]//gr;
    } else {
      $result .= $newline // ' ';
    }
  }
  return $result;
}

1;
