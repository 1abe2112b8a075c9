// The one script of Assent: presses the button of a launch page, so that nobody has to. Without it, the button is there.
document.getElementById('launch').submit();
