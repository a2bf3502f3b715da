from django.conf import settings


def content_security_policy(get_response):
    """Sends the policy with every answer. Django 6 has a middleware for that."""

    def middleware(request):
        response = get_response(request)
        response["Content-Security-Policy"] = settings.CONTENT_SECURITY_POLICY
        return response

    return middleware
